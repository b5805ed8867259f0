"""What `python3 dev.py` does inside .venv: embedded servers, the run of all processes, translations."""
