"""Airflow behind a Jetway relay: people are who the relay says they are, and see the DAGs they may see."""
