"""Every test and notebook runs as in CI unless asked otherwise: small mode, one torch thread a process."""

import os

os.environ.setdefault("COURSE_MODE", "small")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")
