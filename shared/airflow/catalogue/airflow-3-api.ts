/** The public operations of Airflow 3.3.2, as in its OpenAPI document. Columns: see row.ts. */
export const airflow3Api = `
GET    /api/v2/assets                                                                                                get_assets                                  asset.read        viewer
GET    /api/v2/assets/aliases                                                                                        get_asset_aliases                           asset.read        viewer
GET    /api/v2/assets/aliases/{asset_alias_id}                                                                       get_asset_alias                             asset.read        viewer
GET    /api/v2/assets/events                                                                                         get_asset_events                            asset.read        viewer
POST   /api/v2/assets/events                                                                                         create_asset_event                          asset.write       op
GET    /api/v2/assets/{asset_id}                                                                                     get_asset                                   asset.read        viewer
POST   /api/v2/assets/{asset_id}/materialize                                                                         materialize_asset                           asset.materialize op     body:run run-id
GET    /api/v2/assets/{asset_id}/queuedEvents                                                                        get_asset_queued_events                     asset.read        viewer
DELETE /api/v2/assets/{asset_id}/queuedEvents                                                                        delete_asset_queued_events                  asset.delete      op     +dag.write
GET    /api/v2/assets/{asset_id}/state-store                                                                         list_asset_state_store                      asset.read        viewer
DELETE /api/v2/assets/{asset_id}/state-store                                                                         clear_asset_state_store                     asset.delete      op
GET    /api/v2/assets/{asset_id}/state-store/{key:path}                                                              get_asset_state_store                       asset.read        viewer
PUT    /api/v2/assets/{asset_id}/state-store/{key:path}                                                              set_asset_state_store                       asset.write       op
DELETE /api/v2/assets/{asset_id}/state-store/{key:path}                                                              delete_asset_state_store                    asset.delete      op
GET    /api/v2/auth/login                                                                                            login                                       -                 -
GET    /api/v2/auth/logout                                                                                           logout                                      -                 -
GET    /api/v2/backfills                                                                                             list_backfills                              backfill.read     viewer query:dag_id
POST   /api/v2/backfills                                                                                             create_backfill                             backfill.create   user   body:backfill
POST   /api/v2/backfills/dry_run                                                                                     create_backfill_dry_run                     backfill.create   user   read body:backfill
GET    /api/v2/backfills/{backfill_id}                                                                               get_backfill                                backfill.read     viewer narrowed
PUT    /api/v2/backfills/{backfill_id}/cancel                                                                        cancel_backfill                             backfill.write    user   narrowed
PUT    /api/v2/backfills/{backfill_id}/pause                                                                         pause_backfill                              backfill.write    user   narrowed
PUT    /api/v2/backfills/{backfill_id}/unpause                                                                       unpause_backfill                            backfill.write    user   narrowed
GET    /api/v2/config                                                                                                get_config                                  config.read       viewer
GET    /api/v2/config/section/{section}/option/{option}                                                              get_config_value                            config.read       viewer
GET    /api/v2/connections                                                                                           get_connections                             connection.read   op
POST   /api/v2/connections                                                                                           post_connection                             connection.write  op     body:entity
PATCH  /api/v2/connections                                                                                           bulk_connections                            connection.delete op     body:bulk
POST   /api/v2/connections/defaults                                                                                  create_default_connections                  connection.write  op
GET    /api/v2/connections/enqueue-test                                                                              get_connection_test                         connection.test   op     read
POST   /api/v2/connections/enqueue-test                                                                              enqueue_connection_test                     connection.test   op
POST   /api/v2/connections/test                                                                                      test_connection                             connection.test   op
GET    /api/v2/connections/{connection_id}                                                                           get_connection                              connection.read   op
PATCH  /api/v2/connections/{connection_id}                                                                           patch_connection                            connection.write  op
DELETE /api/v2/connections/{connection_id}                                                                           delete_connection                           connection.delete op
GET    /api/v2/dagSources/{dag_id}                                                                                   get_dag_source                              code.read         viewer
GET    /api/v2/dagStats                                                                                              get_dag_stats                               run.read          viewer query:dag_ids narrowed
GET    /api/v2/dagTags                                                                                               get_dag_tags                                dag.read          viewer narrowed
GET    /api/v2/dagWarnings                                                                                           list_dag_warnings                           dag.read          viewer query:dag_id narrowed
GET    /api/v2/dags                                                                                                  get_dags                                    dag.read          viewer narrowed
PATCH  /api/v2/dags                                                                                                  patch_dags                                  dag.write         user
GET    /api/v2/dags/{dag_id}                                                                                         get_dag                                     dag.read          viewer
PATCH  /api/v2/dags/{dag_id}                                                                                         patch_dag                                   dag.write         user
DELETE /api/v2/dags/{dag_id}                                                                                         delete_dag                                  dag.delete        user
GET    /api/v2/dags/{dag_id}/assets/queuedEvents                                                                     get_dag_asset_queued_events                 asset.read        viewer +dag.read
DELETE /api/v2/dags/{dag_id}/assets/queuedEvents                                                                     delete_dag_asset_queued_events              asset.delete      op     +dag.write
GET    /api/v2/dags/{dag_id}/assets/{asset_id}/queuedEvents                                                          get_dag_asset_queued_event                  asset.read        viewer +dag.read
DELETE /api/v2/dags/{dag_id}/assets/{asset_id}/queuedEvents                                                          delete_dag_asset_queued_event               asset.delete      op     +dag.write
POST   /api/v2/dags/{dag_id}/clearDagRuns                                                                            clear_dag_runs                              run.clear         user   body:clear-runs
POST   /api/v2/dags/{dag_id}/clearPartitions                                                                         clear_dag_run_partitions                    run.clear         user
POST   /api/v2/dags/{dag_id}/clearTaskInstances                                                                      post_clear_task_instances                   task.clear        user   body:clear-tasks
GET    /api/v2/dags/{dag_id}/dagRuns                                                                                 get_dag_runs                                run.read          viewer narrowed
POST   /api/v2/dags/{dag_id}/dagRuns                                                                                 trigger_dag_run                             run.trigger       user   body:run run-id
PATCH  /api/v2/dags/{dag_id}/dagRuns                                                                                 bulk_dag_runs                               run.delete        user   body:bulk
POST   /api/v2/dags/{dag_id}/dagRuns/list                                                                            get_list_dag_runs_batch                     run.read          viewer read body:dag-ids narrowed
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}                                                                    get_dag_run                                 run.read          viewer
PATCH  /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}                                                                    patch_dag_run                               run.write         user
DELETE /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}                                                                    delete_dag_run                              run.delete        user
POST   /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/clear                                                              clear_dag_run                               run.clear         user
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/hitlDetails                                                        get_hitl_details                            hitl.read         viewer narrowed
PATCH  /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskGroupInstances/{group_id}                                      patch_task_group_instances                  task.write        user
PATCH  /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskGroupInstances/{group_id}/dry_run                              patch_task_group_instances_dry_run          task.write        user   read
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances                                                      get_task_instances                          task.read         viewer narrowed
PATCH  /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances                                                      bulk_task_instances                         task.delete       user   body:bulk
POST   /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/list                                                 get_task_instances_batch                    task.read         viewer read body:dag-ids narrowed
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}                                            get_task_instance                           task.read         viewer
PATCH  /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}                                            patch_task_instance                         task.write        user
DELETE /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}                                            delete_task_instance                        task.delete       user
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dependencies                               get_task_instance_dependencies              task.read         viewer
PATCH  /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dry_run                                    patch_task_instance_dry_run                 task.write        user   read
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/externalLogUrl/{try_number}                get_external_log_url                        log.read          viewer
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/links                                      get_extra_links                             task.read         viewer
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/listMapped                                 get_mapped_task_instances                   task.read         viewer
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}                          get_log                                     log.read          viewer
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store                                list_task_state_store                       task-state.read   viewer
DELETE /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store                                clear_task_state_store                      task-state.delete user
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store/{key:path}                     get_task_state_store                        task-state.read   viewer
PUT    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store/{key:path}                     set_task_state_store                        task-state.write  user
PATCH  /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store/{key:path}                     patch_task_state_store                      task-state.write  user
DELETE /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store/{key:path}                     delete_task_state_store                     task-state.delete user
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries                                      get_task_instance_tries                     task.read         viewer
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries/{task_try_number}                    get_task_instance_try_details               task.read         viewer
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries                                get_xcom_entries                            xcom.read         viewer narrowed
POST   /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries                                create_xcom_entry                           xcom.write        user
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries/{xcom_key:path}                get_xcom_entry                              xcom.read         viewer
PATCH  /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries/{xcom_key:path}                update_xcom_entry                           xcom.write        user
DELETE /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries/{xcom_key:path}                delete_xcom_entry                           xcom.delete       user
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}                                get_mapped_task_instance                    task.read         viewer
PATCH  /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}                                patch_task_instance_by_map_index            task.write        user
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/dependencies                   get_task_instance_dependencies_by_map_index task.read         viewer
PATCH  /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/dry_run                        patch_task_instance_dry_run_by_map_index    task.write        user   read
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/hitlDetails                    get_hitl_detail                             hitl.read         viewer
PATCH  /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/hitlDetails                    update_hitl_detail                          hitl.respond      user
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/hitlDetails/tries/{try_number} get_hitl_detail_try_detail                  hitl.read         viewer
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/tries                          get_mapped_task_instance_tries              task.read         viewer
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/tries/{task_try_number}        get_mapped_task_instance_try_details        task.read         viewer
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamAssetEvents                                                get_upstream_asset_events                   run.read          viewer +asset.read
GET    /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/wait                                                               wait_dag_run_until_finished                 run.read          viewer
GET    /api/v2/dags/{dag_id}/dagVersions                                                                             get_dag_versions                            dag.read          viewer narrowed
GET    /api/v2/dags/{dag_id}/dagVersions/{version_number}                                                            get_dag_version                             dag.read          viewer
GET    /api/v2/dags/{dag_id}/details                                                                                 get_dag_details                             dag.read          viewer
POST   /api/v2/dags/{dag_id}/favorite                                                                                favorite_dag                                dag.favorite      viewer
GET    /api/v2/dags/{dag_id}/tasks                                                                                   get_tasks                                   dag.read          viewer
GET    /api/v2/dags/{dag_id}/tasks/{task_id}                                                                         get_task                                    dag.read          viewer
POST   /api/v2/dags/{dag_id}/unfavorite                                                                              unfavorite_dag                              dag.favorite      viewer
GET    /api/v2/eventLogs                                                                                             get_event_logs                              event-log.read    viewer query:dag_id
GET    /api/v2/eventLogs/{event_log_id}                                                                              get_event_log                               event-log.read    viewer
GET    /api/v2/importErrors                                                                                          get_import_errors                           import-error.read viewer narrowed
GET    /api/v2/importErrors/{import_error_id}                                                                        get_import_error                            import-error.read viewer narrowed
GET    /api/v2/jobs                                                                                                  get_jobs                                    job.read          viewer
GET    /api/v2/monitor/health                                                                                        get_health                                  health.read       viewer
PUT    /api/v2/parseDagFile/{file_token}                                                                             reparse_dag_file                            dag.write         user   narrowed
GET    /api/v2/plugins                                                                                               get_plugins                                 plugin.read       viewer
GET    /api/v2/plugins/importErrors                                                                                  import_errors                               plugin.read       viewer
GET    /api/v2/pools                                                                                                 get_pools                                   pool.read         viewer
POST   /api/v2/pools                                                                                                 post_pool                                   pool.write        op     body:entity
PATCH  /api/v2/pools                                                                                                 bulk_pools                                  pool.delete       op     body:bulk
GET    /api/v2/pools/{pool_name:path}                                                                                get_pool                                    pool.read         viewer
PATCH  /api/v2/pools/{pool_name:path}                                                                                patch_pool                                  pool.write        op
DELETE /api/v2/pools/{pool_name:path}                                                                                delete_pool                                 pool.delete       op
GET    /api/v2/providers                                                                                             get_providers                               provider.read     viewer
GET    /api/v2/variables                                                                                             get_variables                               variable.read     op
POST   /api/v2/variables                                                                                             post_variable                               variable.write    op     body:entity
PATCH  /api/v2/variables                                                                                             bulk_variables                              variable.delete   op     body:bulk
GET    /api/v2/variables/{variable_key:path}                                                                         get_variable                                variable.read     op
PATCH  /api/v2/variables/{variable_key:path}                                                                         patch_variable                              variable.write    op
DELETE /api/v2/variables/{variable_key:path}                                                                         delete_variable                             variable.delete   op
GET    /api/v2/version                                                                                               get_version                                 version.read      viewer
`
