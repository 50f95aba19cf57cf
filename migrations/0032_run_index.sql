-- 0032 run_index: a run is found by its key. With the workspace in front of it the index of a workflow's runs looked as good to a
--   planner that had no figures yet, and the worker read all runs of a workspace for each that it recorded: 5 times the CPU,
--   until the first analyze. A lock on app.run against writes while the index is made.
set local lock_timeout = '2s';

drop index app.run_workflow_id_idx;
create index run_workflow_id_idx on app.run (workflow_id, workspace_id, id);

-- And the other way round: where one workflow had nearly all runs, those of another were looked for among all of a workspace.
alter table app.run alter column workflow_id set (n_distinct = 1000);
