/**
 * What a person needs of the web interface of Airflow 2.11.2, by its Flask endpoints. Columns: see row.ts. Its pages
 * are made on the server and carry data, so they take the verbs of what they show. Everything else of it is denied: the
 * views on users and roles, FAB's own `/…/api`, exports.
 *
 * @see airflow/www/views.py
 */
export const airflow2Web = `
GET  /home                              Airflow.index                     dag.read          viewer +run.read narrowed
GET  /datasets                          Airflow.datasets                  asset.read        viewer
GET  /cluster_activity                  Airflow.cluster_activity          run.read          viewer +task.read
GET  /dag-dependencies                  DagDependenciesView.list          dag.read          viewer
GET  /dagmodel/autocomplete             AutocompleteView.autocomplete     dag.read          viewer narrowed
POST /dag_stats                         Airflow.dag_stats                 run.read          viewer read body:form-dags narrowed
POST /task_stats                        Airflow.task_stats                task.read         viewer read body:form-dags narrowed
POST /last_dagruns                      Airflow.last_dagruns              run.read          viewer read body:form-dags narrowed
POST /blocked                           Airflow.blocked                   run.read          viewer read body:form-dags narrowed
POST /next_run_datasets_summary         Airflow.next_run_datasets_summary dag.read          viewer read body:form-dags narrowed
GET  /dags/{dag_id}                     Airflow.dag                       dag.read          viewer
GET  /dags/{dag_id}/grid                Airflow.grid                      dag.read          viewer +run.read +task.read
GET  /dags/{dag_id}/graph               Airflow.graph                     dag.read          viewer +run.read +task.read
GET  /dags/{dag_id}/gantt               Airflow.gantt                     run.read          viewer +task.read
GET  /dags/{dag_id}/calendar            Airflow.calendar                  run.read          viewer
GET  /dags/{dag_id}/duration            Airflow.duration                  run.read          viewer +task.read
GET  /dags/{dag_id}/tries               Airflow.tries                     run.read          viewer +task.read
GET  /dags/{dag_id}/landing-times       Airflow.landing_times             run.read          viewer +task.read
GET  /dags/{dag_id}/code                Airflow.code                      code.read         viewer
GET  /dags/{dag_id}/details             Airflow.dag_details               dag.read          viewer
GET  /dags/{dag_id}/audit_log           Airflow.audit_log                 dag.read          viewer
GET  /dags/{dag_id}/trigger             Airflow.trigger                   run.trigger       user   read
POST /dags/{dag_id}/trigger             Airflow.trigger                   run.trigger       user   body:form-run
GET  /object/grid_data                  Airflow.grid_data                 run.read          viewer +task.read query:dag_id
GET  /object/graph_data                 Airflow.graph_data                dag.read          viewer +task.read query:dag_id
GET  /object/task_instances             Airflow.task_instances            task.read         viewer query:dag_id
GET  /object/calendar_data              Airflow.calendar_data             run.read          viewer query:dag_id
GET  /object/rendered-k8s               Airflow.rendered_k8s_data         task.read         viewer query:dag_id
GET  /object/next_run_datasets/{dag_id} Airflow.next_run_datasets         run.read          viewer +asset.read
GET  /object/historical_metrics_data    Airflow.historical_metrics_data   run.read          viewer +task.read
GET  /object/dataset_dependencies       Airflow.dataset_dependencies      dag.read          viewer +asset.read
GET  /object/datasets_summary           Airflow.datasets_summary          asset.read        viewer
GET  /task                              Airflow.task                      task.read         viewer query:dag_id
GET  /rendered-templates                Airflow.rendered_templates        task.read         viewer query:dag_id
GET  /rendered-k8s                      Airflow.rendered_k8s              task.read         viewer query:dag_id
GET  /log                               Airflow.log                       log.read          viewer query:dag_id
GET  /get_logs_with_metadata            Airflow.get_logs_with_metadata    log.read          viewer +task.read query:dag_id
GET  /redirect_to_external_log          Airflow.redirect_to_external_log  log.read          viewer query:dag_id
GET  /extra_links                       Airflow.extra_links               task.read         viewer query:dag_id
GET  /xcom                              Airflow.xcom                      xcom.read         viewer query:dag_id
GET  /confirm                           Airflow.confirm                   task.write        user   query:dag_id read
POST /paused                            Airflow.paused                    dag.write         user   body:form
POST /delete                            Airflow.delete                    dag.delete        user   body:form
POST /clear                             Airflow.clear                     task.clear        user   body:form
POST /failed                            Airflow.failed                    task.write        user   body:form
POST /success                           Airflow.success                   task.write        user   body:form
POST /dagrun_clear                      Airflow.dagrun_clear              run.clear         user   body:form
POST /dagrun_failed                     Airflow.dagrun_failed             run.write         user   body:form
POST /dagrun_success                    Airflow.dagrun_success            run.write         user   body:form
POST /dagrun_queued                     Airflow.dagrun_queued             run.write         user   body:form
GET  /configuration                     ConfigurationView.conf            config.read       op
GET  /plugin                            PluginView.list                   plugin.read       op
GET  /provider                          ProviderView.list                 provider.read     op
GET  /dagrun/list/                      DagRunModelView.list              run.read          viewer narrowed
GET  /taskinstance/list/                TaskInstanceModelView.list        task.read         viewer narrowed
GET  /job/list/                         JobModelView.list                 job.read          viewer
GET  /log/list/                         LogModelView.list                 event-log.read    admin
GET  /xcom/list/                        XComModelView.list                xcom.read         viewer narrowed
GET  /variable/list/                    VariableModelView.list            variable.read     op
GET  /variable/show/{pk}                VariableModelView.show            variable.read     op
GET  /variable/add                      VariableModelView.add             variable.write    op     read
POST /variable/add                      VariableModelView.add             variable.write    op
GET  /variable/edit/{pk}                VariableModelView.edit            variable.write    op     read +variable.read
POST /variable/edit/{pk}                VariableModelView.edit            variable.write    op
POST /variable/delete/{pk}              VariableModelView.delete          variable.delete   op
POST /variable/action_post              VariableModelView.action_post     variable.delete   op     +variable.read
POST /variable/varimport                VariableModelView.varimport       variable.write    op
GET  /connection/list/                  ConnectionModelView.list          connection.read   op
GET  /connection/show/{pk}              ConnectionModelView.show          connection.read   op
GET  /connection/add                    ConnectionModelView.add           connection.write  op     read
POST /connection/add                    ConnectionModelView.add           connection.write  op
GET  /connection/edit/{pk}              ConnectionModelView.edit          connection.write  op     read +connection.read
POST /connection/edit/{pk}              ConnectionModelView.edit          connection.write  op
POST /connection/delete/{pk}            ConnectionModelView.delete        connection.delete op
POST /connection/action_post            ConnectionModelView.action_post   connection.delete op     +connection.write +connection.read
GET  /pool/list/                        PoolModelView.list                pool.read         viewer
GET  /pool/add                          PoolModelView.add                 pool.write        op     read
POST /pool/add                          PoolModelView.add                 pool.write        op
GET  /pool/edit/{pk}                    PoolModelView.edit                pool.write        op     read +pool.read
POST /pool/edit/{pk}                    PoolModelView.edit                pool.write        op
POST /pool/delete/{pk}                  PoolModelView.delete              pool.delete       op
POST /pool/action_post                  PoolModelView.action_post         pool.delete       op
POST /dagrun/action_post                DagRunModelView.action_post       run.delete        user   +run.write +run.clear
POST /taskinstance/action_post          TaskInstanceModelView.action_post task.delete       user   +task.write +task.clear
`

/** Pages and files without data, and old addresses that only redirect. */
export const airflow2Pages: readonly string[] = [
  '/',
  '/static/**',
  '/robots.txt',
  '/health',
  '/login/',
  '/users/userinfo/',
  ...['code', 'dag_details', 'tree', 'calendar', 'graph', 'duration', 'tries', 'landing_times', 'gantt'].map(
    (page) => `/${page}`,
  ),
  ...['audit_log', 'dagrun_details'].map((page) => `/${page}`),
]
