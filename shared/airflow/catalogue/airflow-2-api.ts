/**
 * REST v1 of Airflow 2.11.2, as in its OpenAPI document. Columns: see row.ts. The roles are those of its FAB security
 * manager.
 *
 * @see airflow/api_connexion/openapi/v1.yaml, airflow/providers/fab/auth_manager/security_manager/override.py
 */
export const airflow2Api = `
GET    /api/v1/config                                                                                         get_config                            config.read       op
GET    /api/v1/config/section/{section}/option/{option}                                                       get_value                             config.read       op
GET    /api/v1/connections                                                                                    get_connections                       connection.read   op
POST   /api/v1/connections                                                                                    post_connection                       connection.write  op     body:entity
POST   /api/v1/connections/test                                                                               test_connection                       connection.test   op
DELETE /api/v1/connections/{connection_id}                                                                    delete_connection                     connection.delete op
GET    /api/v1/connections/{connection_id}                                                                    get_connection                        connection.read   op
PATCH  /api/v1/connections/{connection_id}                                                                    patch_connection                      connection.write  op
GET    /api/v1/dagSources/{file_token}                                                                        get_dag_source                        code.read         viewer narrowed
GET    /api/v1/dagStats                                                                                       get_dag_stats                         run.read          viewer query:dag_ids narrowed
GET    /api/v1/dagWarnings                                                                                    get_dag_warnings                      dag.read          viewer query:dag_id narrowed
GET    /api/v1/dags                                                                                           get_dags                              dag.read          viewer narrowed
PATCH  /api/v1/dags                                                                                           patch_dags                            dag.write         user
DELETE /api/v1/dags/{dag_id}                                                                                  delete_dag                            dag.delete        user
GET    /api/v1/dags/{dag_id}                                                                                  get_dag                               dag.read          viewer
PATCH  /api/v1/dags/{dag_id}                                                                                  patch_dag                             dag.write         user
POST   /api/v1/dags/{dag_id}/clearTaskInstances                                                               post_clear_task_instances             task.clear        user   body:clear-tasks
GET    /api/v1/dags/{dag_id}/dagRuns                                                                          get_dag_runs                          run.read          viewer narrowed
POST   /api/v1/dags/{dag_id}/dagRuns                                                                          post_dag_run                          run.trigger       user   body:run run-id
DELETE /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}                                                             delete_dag_run                        run.delete        user
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}                                                             get_dag_run                           run.read          viewer
PATCH  /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}                                                             update_dag_run_state                  run.write         user
POST   /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/clear                                                       clear_dag_run                         run.clear         user
PATCH  /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/setNote                                                     set_dag_run_note                      run.write         user
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances                                               get_task_instances                    task.read         viewer narrowed
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}                                     get_task_instance                     task.read         viewer
PATCH  /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}                                     patch_task_instance                   task.write        user
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dependencies                        get_task_instance_dependencies        task.read         viewer
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/links                               get_extra_links                       task.read         viewer
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/listMapped                          get_mapped_task_instances             task.read         viewer
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{task_try_number}              get_log                               log.read          viewer
PATCH  /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/setNote                             set_task_instance_note                task.write        user
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries                               get_task_instance_tries               task.read         viewer
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries/{task_try_number}             get_task_instance_try_details         task.read         viewer
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries                         get_xcom_entries                      xcom.read         viewer narrowed
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries/{xcom_key:path}         get_xcom_entry                        xcom.read         viewer
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}                         get_mapped_task_instance              task.read         viewer
PATCH  /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}                         patch_mapped_task_instance            task.write        user
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/dependencies            get_mapped_task_instance_dependencies task.read         viewer
PATCH  /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/setNote                 set_mapped_task_instance_note         task.write        user
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/tries                   get_mapped_task_instance_tries        task.read         viewer
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/tries/{task_try_number} get_mapped_task_instance_try_details  task.read         viewer
GET    /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamDatasetEvents                                       get_upstream_dataset_events           run.read          viewer +asset.read
DELETE /api/v1/dags/{dag_id}/datasets/queuedEvent                                                             delete_dag_dataset_queued_events      asset.delete      op     +dag.read
GET    /api/v1/dags/{dag_id}/datasets/queuedEvent                                                             get_dag_dataset_queued_events         asset.read        viewer +dag.read
DELETE /api/v1/dags/{dag_id}/datasets/queuedEvent/{uri:path}                                                  delete_dag_dataset_queued_event       asset.delete      op     +dag.read
GET    /api/v1/dags/{dag_id}/datasets/queuedEvent/{uri:path}                                                  get_dag_dataset_queued_event          asset.read        viewer +dag.read
GET    /api/v1/dags/{dag_id}/details                                                                          get_dag_details                       dag.read          viewer
GET    /api/v1/dags/{dag_id}/tasks                                                                            get_tasks                             dag.read          viewer
GET    /api/v1/dags/{dag_id}/tasks/{task_id}                                                                  get_task                              dag.read          viewer
POST   /api/v1/dags/{dag_id}/updateTaskInstancesState                                                         post_set_task_instances_state         task.write        user
POST   /api/v1/dags/~/dagRuns/list                                                                            get_dag_runs_batch                    run.read          viewer read body:dag-ids narrowed
POST   /api/v1/dags/~/dagRuns/~/taskInstances/list                                                            get_task_instances_batch              task.read         viewer read body:dag-ids narrowed
GET    /api/v1/datasets                                                                                       get_datasets                          asset.read        viewer
GET    /api/v1/datasets/events                                                                                get_dataset_events                    asset.read        viewer
POST   /api/v1/datasets/events                                                                                create_dataset_event                  asset.write       user
DELETE /api/v1/datasets/queuedEvent/{uri:path}                                                                delete_dataset_queued_events          asset.delete      op
GET    /api/v1/datasets/queuedEvent/{uri:path}                                                                get_dataset_queued_events             asset.read        viewer
GET    /api/v1/datasets/{uri:path}                                                                            get_dataset                           asset.read        viewer
GET    /api/v1/eventLogs                                                                                      get_event_logs                        event-log.read    admin  query:dag_id
GET    /api/v1/eventLogs/{event_log_id}                                                                       get_event_log                         event-log.read    admin
GET    /api/v1/health                                                                                         get_health                            health.read       viewer
GET    /api/v1/importErrors                                                                                   get_import_errors                     import-error.read viewer narrowed
GET    /api/v1/importErrors/{import_error_id}                                                                 get_import_error                      import-error.read viewer narrowed
PUT    /api/v1/parseDagFile/{file_token}                                                                      reparse_dag_file                      dag.write         user   narrowed
GET    /api/v1/permissions                                                                                    get_permissions                       permission.read   admin
GET    /api/v1/plugins                                                                                        get_plugins                           plugin.read       op
GET    /api/v1/pools                                                                                          get_pools                             pool.read         viewer
POST   /api/v1/pools                                                                                          post_pool                             pool.write        op     body:entity
DELETE /api/v1/pools/{pool_name}                                                                              delete_pool                           pool.delete       op
GET    /api/v1/pools/{pool_name}                                                                              get_pool                              pool.read         viewer
PATCH  /api/v1/pools/{pool_name}                                                                              patch_pool                            pool.write        op
GET    /api/v1/providers                                                                                      get_providers                         provider.read     op
GET    /api/v1/roles                                                                                          get_roles                             role.read         admin
POST   /api/v1/roles                                                                                          post_role                             role.write        admin
DELETE /api/v1/roles/{role_name}                                                                              delete_role                           role.delete       admin
GET    /api/v1/roles/{role_name}                                                                              get_role                              role.read         admin
PATCH  /api/v1/roles/{role_name}                                                                              patch_role                            role.write        admin
GET    /api/v1/users                                                                                          get_users                             user.read         admin
POST   /api/v1/users                                                                                          post_user                             user.write        admin
DELETE /api/v1/users/{username}                                                                               delete_user                           user.delete       admin
GET    /api/v1/users/{username}                                                                               get_user                              user.read         admin
PATCH  /api/v1/users/{username}                                                                               patch_user                            user.write        admin
GET    /api/v1/variables                                                                                      get_variables                         variable.read     op
POST   /api/v1/variables                                                                                      post_variables                        variable.write    op     body:entity
DELETE /api/v1/variables/{variable_key:path}                                                                  delete_variable                       variable.delete   op
GET    /api/v1/variables/{variable_key:path}                                                                  get_variable                          variable.read     op
PATCH  /api/v1/variables/{variable_key:path}                                                                  patch_variable                        variable.write    op
GET    /api/v1/version                                                                                        get_version                           version.read      viewer
`
