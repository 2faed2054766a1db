"""How gunicorn serves the two web processes; where it listens and how many processes it has come from the environment."""

import os
from pathlib import Path

bind = os.environ.get("CAIRN_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("CAIRN_PROCESSES", "2"))
worker_class = "gthread"
threads = int(os.environ.get("CAIRN_THREADS", "4"))
# The code is loaded once and shared by the processes, which open their own connections later.
preload_app = True
timeout = 60
graceful_timeout = 10
keepalive = 15
# Heartbeat files in memory: a busy disc must not make a healthy process look dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
control_socket_disable = True
limit_request_line = 4094
limit_request_fields = 60
errorlog = "-"
loglevel = "info"
