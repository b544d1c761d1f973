"""What a task does that calls another environment's Airflow: Airflow's own client, with the token that the pod has."""

import json
import pathlib
import sys

import airflow_client.client as airflow

host, token_file, *dag_ids = sys.argv[1:]
# Read anew for each task: the kubelet renews it.
configuration = airflow.Configuration(host=host, access_token=pathlib.Path(token_file).read_text().strip())


def trigger(api: airflow.ApiClient, dag_id: str) -> object:
    try:
        body = airflow.TriggerDAGRunPostBody(logical_date=None)
        return airflow.DagRunApi(api).trigger_dag_run(dag_id, body).triggering_user_name
    except airflow.ApiException as refused:
        return refused.status


with airflow.ApiClient(configuration) as api:
    dags = sorted(dag.dag_id for dag in airflow.DAGApi(api).get_dags().dags)
    print(json.dumps({"dags": dags, "runs": {dag_id: trigger(api, dag_id) for dag_id in dag_ids}}))
