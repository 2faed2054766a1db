"""Know the right to attest a period of the hospital."""

from django.db import migrations


class Migration(migrations.Migration):
    """Reversible: a word in a list."""

    dependencies = [
        ('sites', '0007_audits_and_training'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='hospital',
            options={'default_permissions': (), 'permissions': [('enter_cases', 'enter and correct cases of the hospital'), ('import_cases', 'upload files of cases of the hospital'), ('import_across', 'upload one file that spans hospitals'), ('read_cases', 'read every case of the hospital'), ('read_own_cases', 'read the cases they operated on'), ('amend_cases', 'approve a change to a case of a closed period'), ('attest_periods', 'attest that a period of the hospital is complete, and ask for more time'), ('read_standing', "see the hospital's standing among blinded peers"), ('read_own_standing', 'see their own results as a surgeon'), ('read_blinded', "see comparisons without any hospital's identity"), ('identify', 'enter identified mode, with a reason, for thirty minutes'), ('read_quality', 'see the quality of the data'), ('define', 'publish dictionaries, edit rules and measures'), ('raise_queries', 'ask hospitals about values and publish rulings'), ('run_audits', 'give notice of audits, draw their samples and settle what differs; keep training'), ('reabstract', 'read assigned charts again, blind to the first reading'), ('train', 'practise on invented cases'), ('close_periods', 'close reporting periods'), ('run_comparisons', 'run comparisons and review them'), ('publish_comparisons', 'publish comparisons to the hospitals'), ('prepare_releases', 'prepare an aggregate for release to the payer'), ('check_releases', 'check a release that somebody else prepared'), ('manage_people', 'see the people of the hospital and their roles'), ('enrol_hospitals', 'enrol hospitals and grant roles'), ('use_api', "create tokens for the hospital's computers"), ('read_trail', 'read who did or saw what'), ('read_catalogue', 'read the measures and dictionaries')]},
        ),
    ]
