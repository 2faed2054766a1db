"""``make defects``: mistakes planted one by one in the running tests, to see whether the suite notices each."""
