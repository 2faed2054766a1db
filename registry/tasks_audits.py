"""The jobs of audits and training: each a name, its arguments, and the action it runs with every hospital in reach."""

from django.utils import timezone

from sites import outbox


@outbox.job("registry.draw_audit")
def draw_audit(run: outbox.Run) -> dict:
    """Draw the sample of an audit and lay out its second readings."""
    from registry.actions import audits

    held = audits.draw_sample(audit_id=run.arguments["audit"], at=timezone.now())
    return {"n": held.n_cases}


@outbox.job("registry.follow_audit")
def follow_audit(run: outbox.Run) -> dict:
    """Move an audit on after a second reading; compare after the last one."""
    from registry.actions import readings

    return {"status": readings.follow(audit_id=run.arguments["audit"], at=timezone.now()).status}


@outbox.job("registry.report_audit")
def report_audit(run: outbox.Run) -> dict:
    """Write the final report of an audit."""
    from registry.actions import audit_reports

    return {"digest": audit_reports.make_report(audit_id=run.arguments["audit"], at=timezone.now()).digest}


@outbox.job("registry.settle_training")
def settle_training(run: outbox.Run) -> dict:
    """Score a finished attempt, then let certification follow."""
    from registry.actions import certifications, training

    attempt = training.mark(attempt_id=run.arguments["attempt"], at=timezone.now())
    made = certifications.settle_training(
        person=attempt.person, hospital=attempt.hospital, registry=attempt.registry, at=timezone.now()
    )
    return {"state": made.state if made else ""}


@outbox.job("registry.settle_reviews")
def settle_reviews(run: outbox.Run) -> dict:
    """Certify a provisional abstractor of whom enough cases were released."""
    from registry.actions import certifications
    from registry.selectors import training as training_selectors

    review = training_selectors.review_for_job(review_id=run.arguments["review"])
    made = certifications.settle_reviews(
        person=review.submitted_by, hospital=review.hospital, registry=review.case.registry, at=timezone.now()
    )
    return {"state": made.state if made else ""}
