"""What a script of a data engineer does: Airflow's own client, pointed at the local port, with no token."""

import json
import sys

import airflow_client.client as airflow

host, dag_id = sys.argv[1:]
with airflow.ApiClient(airflow.Configuration(host=host)) as api:
    dags = airflow.DAGApi(api).get_dags()
    run = airflow.DagRunApi(api).trigger_dag_run(dag_id, airflow.TriggerDAGRunPostBody(logical_date=None))
    print(
        json.dumps(
            {
                "dags": sorted(dag.dag_id for dag in dags.dags),
                "run": run.dag_run_id,
                "triggered_by": run.triggering_user_name,
            }
        )
    )
