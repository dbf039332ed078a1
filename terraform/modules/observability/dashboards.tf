# Four dashboards. A tile is a title, a unit and queries (PromQL) by the name of their line; places are computed, two in a row.
# What the service would add by itself is written out, so that a plan shows only what somebody changed.

locals {
  window = "$${__interval}"

  dashboards = {
    runs = {
      title = "Runs and steps"
      tiles = [
        { title = "Runs opened and ended", unit = "1", lines = {
          opened = "sum(increase(${local.s.runs_opened}{${local.from_functions}}[${local.window}]))"
          ended  = "sum by (status) (increase(${local.s.runs_ended}{${local.from_functions}}[${local.window}]))"
        } },
        { title = "From opening to plan", unit = "s", lines = {
          half     = "histogram_quantile(0.5, sum by (le) (rate(${local.s.plan_seconds}_bucket{${local.from_functions}}[${local.window}])))"
          "95 %"   = "histogram_quantile(0.95, sum by (le) (rate(${local.s.plan_seconds}_bucket{${local.from_functions}}[${local.window}])))"
          promised = "300"
        } },
        { title = "From opening to end", unit = "s", lines = {
          half   = "histogram_quantile(0.5, sum by (status, le) (rate(${local.s.run_seconds}_bucket{${local.from_functions}}[${local.window}])))"
          "95 %" = "histogram_quantile(0.95, sum by (status, le) (rate(${local.s.run_seconds}_bucket{${local.from_functions}}[${local.window}])))"
        } },
        { title = "Runs that wait, and that are stuck", unit = "1", lines = {
          waiting = "histogram_quantile(0.5, sum by (le) (rate(${local.s.runs_waiting}_bucket{${local.from_functions}}[${local.window}])))"
          stuck   = "sum(increase(${local.s.runs_stuck}{${local.from_functions}}[${local.window}]))"
        } },
        { title = "Attempts by outcome", unit = "1", lines = {
          attempts = "sum by (outcome) (increase(${local.s.steps_ended}{${local.from_functions}}[${local.window}]))"
        } },
        { title = "Failed attempts by kind", unit = "1", lines = {
          failed = "sum by (kind) (increase(${local.s.steps_ended}{${local.from_functions},outcome=~\"failed|lost|undo_failed\"}[${local.window}]))"
        } },
        { title = "How long an attempt takes, 95 of 100", unit = "s", lines = {
          attempt = "histogram_quantile(0.95, sum by (kind, le) (rate(${local.s.step_seconds}_bucket{${local.from_functions}}[${local.window}])))"
        } },
        { title = "Commands put aside", unit = "1", lines = {
          commands = "sum by (command) (increase(${local.s.dead_letters}{${local.from_functions}}[${local.window}]))"
        } },
      ]
    }
    doors = {
      title = "Doors and functions"
      tiles = [
        { title = "Requests at the public doors", unit = "1/s", lines = {
          requests = "sum by (service_name, response_code_class) (rate(${local.requests}{${local.at_doors}}[${local.window}]))"
        } },
        { title = "Latency of the public doors, 95 of 100", unit = "ms", lines = {
          latency = "histogram_quantile(0.95, sum by (service_name, le) (rate(${local.latencies}_bucket{${local.at_doors}}[${local.window}])))"
        } },
        { title = "Errors of all functions", unit = "1", lines = {
          errors = "sum by (service_name) (increase(${local.requests}{${local.at_functions},response_code_class=\"5xx\"}[${local.window}]))"
        } },
        { title = "What the functions answered", unit = "1/s", lines = {
          answers = "sum by (function, status) (rate(${local.s.requests_served}{${local.from_functions}}[${local.window}]))"
        } },
        { title = "Instances", unit = "1", lines = {
          instances = "sum by (service_name, state) (${local.instances}{${local.at_functions}})"
        } },
        { title = "Memory of the fullest instances", unit = "10^2.%", lines = {
          memory = "histogram_quantile(0.99, sum by (service_name, le) (rate(${local.memory}_bucket{${local.at_functions}}[${local.window}])))"
        } },
        { title = "Requests the platform sent away", unit = "1", lines = {
          away = "sum by (service_name) (increase(${local.s.no_instance}{${local.from_functions}}[${local.window}]))"
        } },
        { title = "Refused as an attack", unit = "1", lines = {
          refused = "sum by (what) (increase(${local.s.security_refusals}{${local.from_functions}}[${local.window}]))"
        } },
      ]
    }
    models = {
      title = "Models and cost"
      tiles = [
        { title = "Cost by model", unit = "USD", lines = {
          cost = "sum by (model) (increase(${local.s.model_cost}_sum{${local.from_functions}}[${local.window}])) / 1000000"
        } },
        { title = "Cost by class of agent", unit = "USD", lines = {
          cost = "sum by (agent_class) (increase(${local.s.model_cost}_sum{${local.from_functions}}[${local.window}])) / 1000000"
        } },
        { title = "Cost of the last 24 hours, and the limit", unit = "USD", lines = {
          cost  = "sum(increase(${local.s.model_cost}_sum{${local.from_functions}}[24h])) / 1000000"
          limit = tostring(var.daily_model_usd)
        } },
        { title = "Cost of a run", unit = "USD", lines = {
          half   = "histogram_quantile(0.5, sum by (le) (rate(${local.s.run_cost}_bucket{${local.from_functions}}[${local.window}]))) / 1000000"
          "95 %" = "histogram_quantile(0.95, sum by (le) (rate(${local.s.run_cost}_bucket{${local.from_functions}}[${local.window}]))) / 1000000"
        } },
        { title = "Tokens sent", unit = "1", lines = {
          sent = "sum by (model) (increase(${local.s.model_input}_sum{${local.from_functions}}[${local.window}]))"
        } },
        { title = "Tokens written", unit = "1", lines = {
          written = "sum by (model) (increase(${local.s.model_output}_sum{${local.from_functions}}[${local.window}]))"
        } },
        { title = "Calls", unit = "1", lines = {
          calls = "sum by (model, agent_class) (increase(${local.s.model_calls}{${local.from_functions}}[${local.window}]))"
        } },
        { title = "How long a model takes, 95 of 100", unit = "s", lines = {
          answer = "histogram_quantile(0.95, sum by (model, le) (rate(${local.s.model_seconds}_bucket{${local.from_functions}}[${local.window}])))"
        } },
        { title = "Failed calls", unit = "1", lines = {
          failed = "sum by (model, error) (increase(${local.s.model_failures}{${local.from_functions}}[${local.window}]))"
        } },
        { title = "Messages that reached nobody", unit = "1", lines = {
          lost = "sum by (topic) (increase(${local.s.people_unreached}{${local.from_functions}}[${local.window}]))"
        } },
        { title = "Stops by budgets", unit = "1", lines = {
          stops = "sum by (scope) (increase(${local.s.budgets_exceeded}{${local.from_functions}}[${local.window}]))"
        } },
      ]
    }
    queues = {
      title = "Queues and Firestore"
      tiles = [
        { title = "Tasks in the queues", unit = "1", lines = {
          tasks = "max by (queue_id) (${local.depth}{${local.in_queue}})"
        } },
        { title = "How late tasks begin, 95 of 100", unit = "ms", lines = {
          late = "histogram_quantile(0.95, sum by (queue_id, le) (rate(${local.delays}_bucket{${local.in_queue}}[${local.window}])))"
        } },
        { title = "Deliveries by answer", unit = "1/s", lines = {
          deliveries = "sum by (queue_id, response_code) (rate(${local.attempts}{${local.in_queue}}[${local.window}]))"
        } },
        { title = "Age of the oldest command not handed over", unit = "s", lines = {
          oldest = "histogram_quantile(0.95, sum by (le) (rate(${local.s.outbox_seconds}_bucket{${local.from_functions}}[${local.window}])))"
        } },
        { title = "Rounds of the sweep, failed calls of the scheduler", unit = "1", lines = {
          rounds = "sum(increase(${local.s.sweeps}{${local.from_functions}}[${local.window}]))"
          failed = "sum by (job_id) (increase(${local.s.scheduler_failures}{${local.from_schedulers}}[${local.window}]))"
        } },
        { title = "Firestore: documents read and written", unit = "1/s", lines = {
          read    = "sum(rate(${local.documents_read}{${local.in_database}}[${local.window}]))"
          written = "sum(rate(${local.documents_written}{${local.in_database}}[${local.window}]))"
        } },
        { title = "Firestore: requests by answer", unit = "1/s", lines = {
          requests = "sum by (response_code) (rate(${local.firestore}{${local.in_database}}[${local.window}]))"
        } },
        { title = "Firestore: latency, 95 of 100", unit = "s", lines = {
          latency = "histogram_quantile(0.95, sum by (api_method, le) (rate(${local.firestore_latencies}_bucket{${local.in_database}}[${local.window}])))"
        } },
      ]
    }
  }
}

resource "google_monitoring_dashboard" "dashboard" {
  for_each = local.dashboards

  project = var.project_id

  dashboard_json = jsonencode({
    displayName = "Workwright ${var.environment}: ${each.value.title}"
    mosaicLayout = {
      columns = 48
      tiles = [for place, tile in each.value.tiles : merge(
        { width = 24, height = 16 },
        place % 2 == 0 ? {} : { xPos = 24 }, # the service leaves zeros out
        place < 2 ? {} : { yPos = floor(place / 2) * 16 },
        { widget = {
          title = tile.title
          xyChart = {
            chartOptions = { mode = "COLOR" }
            dataSets = [for name, query in tile.lines : {
              legendTemplate = length(tile.lines) == 1 ? "" : name
              plotType       = "LINE"
              targetAxis     = "Y1"
              timeSeriesQuery = {
                prometheusQuery = query
                unitOverride    = tile.unit
              }
            }]
            yAxis = { scale = "LINEAR" }
          }
        } },
      )]
    }
  })
}
