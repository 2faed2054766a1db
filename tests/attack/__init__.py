"""``make attack``: everything that a hostile member, payer or visitor would try, counted and printed."""
