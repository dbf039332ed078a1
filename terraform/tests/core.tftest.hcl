# The plan of both environments with no provider behind it. Longer comparisons are in tests/terraform.

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
}

mock_provider "time" {}

variables {
  project_id   = "acme-workwright"
  alert_emails = ["operations@example.com"]
  bundles = {
    for name in ["api", "deploy", "execute-step", "forge-webhook", "notify", "notion-webhook", "oauth-callback", "plan", "sweep", "sync"] :
    name => "${name}/${sha256(name)}.zip"
  }
}

run "staging" {
  command = plan

  variables {
    environment = "staging"
  }

  assert {
    condition     = length(module.function) == 10
    error_message = "Ten functions, each with its own account."
  }
}

run "production" {
  command = plan

  variables {
    environment = "production"
  }

  assert {
    condition     = length(module.function) == 10
    error_message = "Ten functions, each with its own account."
  }
}

# All that can be asked for at once: a place to run code, sites, mail, every further setting.
run "everything" {
  command = plan

  variables {
    environment       = "staging"
    runner_project_id = "acme-workwright-runner"
    code_runner_image = "europe-west1-docker.pkg.dev/acme-workwright-runner/code-runner/code-runner@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    sites             = { bucket = true, url = "https://sites.example" }
    mail              = { region = "eu-central-1", sender = "Workwright <agent@workwright.example>" }
    registries = {
      npm   = "https://npm.example"
      pip   = "https://pip.example/simple"
      hosts = ["npm.example", "pip.example"]
    }
    settings = {
      OTEL_EXPORTER_OTLP_ENDPOINT  = "https://otlp.example"
      OTEL_METRICS_EXPORTER        = "otlp"
      OTEL_TRACES_EXPORTER         = "otlp"
      SENTRY_DSN                   = "https://sentry.example"
      SENTRY_ENVIRONMENT           = "staging"
      WORKWRIGHT_APPROVAL_S        = "86400"
      WORKWRIGHT_BACKOFF_S         = "2"
      WORKWRIGHT_COMPATIBLE_MODEL  = "llama"
      WORKWRIGHT_COMPATIBLE_PRICE  = "0/0"
      WORKWRIGHT_COMPATIBLE_URL    = "https://models.example/v1"
      WORKWRIGHT_COMPATIBLE_WINDOW = "32768"
      WORKWRIGHT_GATHER_S          = "2"
      WORKWRIGHT_GITHUB_URL        = "https://github.example"
      WORKWRIGHT_GITLAB_HOSTS      = "https://gitlab.example"
      WORKWRIGHT_GITLAB_URL        = "https://gitlab.example"
      WORKWRIGHT_HTTP_READ_S       = "65"
      WORKWRIGHT_LEASE_S           = "660"
      WORKWRIGHT_NOTION_RATE       = "600"
      WORKWRIGHT_SETTLE_S          = "70"
      WORKWRIGHT_WATCH_S           = "600"
    }
  }
}
