"""Where few others are left, nothing that speaks of all hospitals together is shown: less one's own it would be theirs."""

import json

from django.db import connection

from tests.databases import as_role
from tests.house.catalog import ask
from tests.sites.acting import signed_in


def test_the_model_of_few_hospitals_is_not_shown(shared_world):
    client = signed_in("sitelead")
    with as_role("superuser"):
        ((measure, run),) = ask(
            "SELECT m.code, r.id FROM feedback_measurerun r JOIN feedback_measureversion m ON m.id = r.measure_id WHERE r.refusal = '[]' LIMIT 1"
        )
    where = f"/standing/colorectal/{measure}/model/"
    assert client.get(where).status_code == 200
    with as_role("superuser"), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = 'replica'")
        hidden = json.dumps({"collaborative": None, "achievable": None})
        cursor.execute("UPDATE feedback_standing SET document = document || %s::jsonb WHERE run_id = %s", [hidden, run])
    answer = client.get(where)
    assert answer.status_code == 403
    assert "give few others away" in answer.content.decode()
    assert signed_in("analyst").get(where).status_code == 200
