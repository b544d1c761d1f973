/** The private operations behind the pages of Airflow 3.3.2. Columns: see row.ts. */
export const airflow3Web = `
GET  /ui/auth/me                                      get_current_user_info           ui.view         viewer
GET  /ui/auth/menus                                   get_auth_menus                  ui.view         viewer
POST /ui/auth/token                                   generate_token                  -               -
GET  /ui/backfills                                    list_backfills_ui               backfill.read   viewer query:dag_id narrowed
GET  /ui/calendar/{dag_id}                            get_calendar                    run.read        viewer +task.read
GET  /ui/config                                       get_configs                     ui.view         viewer
GET  /ui/connections/hook_meta                        hook_meta_data                  connection.read op
GET  /ui/dags                                         get_dags_ui                     dag.read        viewer +run.read +hitl.read +task.read query:dag_ids narrowed
GET  /ui/dags/{dag_id}/dagRuns/{dag_run_id}/deadlines get_deadlines                   run.read        viewer narrowed
GET  /ui/dags/{dag_id}/dagRuns/{dag_run_id}/stats     get_dag_run_stats               run.read        viewer
GET  /ui/dags/{dag_id}/deadlineAlerts                 get_dag_deadline_alerts         dag.read        viewer
GET  /ui/dags/{dag_id}/latest_run                     get_latest_run_info             run.read        viewer
GET  /ui/dashboard/dag_stats                          dag_stats                       run.read        viewer narrowed
GET  /ui/dashboard/historical_metrics_data            historical_metrics              run.read        viewer +task.read narrowed
GET  /ui/dependencies                                 get_dependencies                dag.read        viewer narrowed
GET  /ui/gantt/{dag_id}/{run_id}                      get_gantt_data                  run.read        viewer +task.read
GET  /ui/grid/runs/{dag_id}                           get_grid_runs                   run.read        viewer +task.read
GET  /ui/grid/structure/{dag_id}                      get_dag_structure               dag.read        viewer +task.read
GET  /ui/grid/ti_summaries/{dag_id}                   get_grid_ti_summaries_stream    run.read        viewer +task.read
GET  /ui/next_run_assets/{dag_id}                     next_run_assets                 dag.read        viewer +asset.read
GET  /ui/partitioned_dag_runs                         get_partitioned_dag_runs        run.read        viewer +asset.read query:dag_id narrowed
GET  /ui/pending_partitioned_dag_run/{dag_id}         get_pending_partitioned_dag_run run.read        viewer +asset.read
GET  /ui/structure/structure_data                     structure_data                  dag.read        viewer +task.read query:dag_id unless:external_dependencies narrowed
GET  /ui/teams                                        list_teams                      ui.view         viewer
`

/** Pages are the same shell for everyone and carry no data; `/**` stands for anything below. */
export const airflow3Pages: readonly string[] = [
  '/',
  '/static/**',
  '/docs',
  '/redoc',
  '/openapi.json',
  ...[
    'home',
    'required_actions',
    'dags',
    'dag_runs',
    'task_instances',
    'assets',
    'configs',
    'settings',
    'deadlines',
    'events',
    'xcoms',
    'variables',
    'pools',
    'providers',
    'plugins',
    'plugin',
    'security',
    'connections',
    'jobs',
  ].flatMap((page) => [`/${page}`, `/${page}/**`]),
]
