# Who may bring bundles, who plans, who applies.

mock_provider "google" {
  override_during = plan

  mock_resource "google_iam_workload_identity_pool" {
    defaults = {
      name = "projects/123456789012/locations/global/workloadIdentityPools/workwright-forge"
    }
  }

  mock_resource "google_cloudbuild_trigger" {
    defaults = {
      trigger_id = "11111111-2222-3333-4444-555555555555"
    }
  }
}

variables {
  project_id           = "acme-workwright"
  name                 = "workwright"
  region               = "europe-west1"
  connected_repository = "projects/acme-workwright/locations/europe-west1/connections/forge/repositories/workwright"
  repository           = { forge = "github", id = "987654321", owner_id = "1234567" }
  source_bucket        = "acme-workwright-source"
  state_bucket         = "acme-workwright-state"
  granted_roles        = ["roles/logging.logWriter", "projects/acme-workwright/roles/workwright_firestore"]
}

run "production" {
  command = plan

  module {
    source = "./modules/ci"
  }

  variables {
    environment       = "production"
    approval          = true
    runner_project_id = "acme-workwright-runner"
  }

  assert {
    condition     = google_iam_workload_identity_pool_provider.forge.attribute_condition == "assertion.repository_id == '987654321' && assertion.repository_owner_id == '1234567' && assertion.ref == 'refs/heads/main' && assertion.event_name == 'push'"
    error_message = "Only pushes to the branch of this repository, by numbers that are never given twice."
  }

  assert {
    condition     = google_service_account_iam_member.uploader.member == "principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/workwright-forge/attribute.repository/987654321"
    error_message = "Only that repository acts as the uploader."
  }

  assert {
    condition     = google_storage_bucket_iam_member.uploader.role == "roles/storage.objectCreator"
    error_message = "The forge's pipeline adds bundles and replaces none."
  }

  assert {
    condition     = google_cloudbuild_trigger.apply["on"].approval_config[0].approval_required
    error_message = "In production a person approves."
  }

  assert {
    condition     = google_cloudbuild_trigger.apply["on"].filter == "_STATUS == \"SUCCESS\" && _PLANNED_BY == \"11111111-2222-3333-4444-555555555555\""
    error_message = "Only what the planning build has finished well is applied."
  }

  assert {
    condition     = google_project_iam_member.deployer_grants.condition[0].expression == "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['projects/acme-workwright/roles/workwright_firestore', 'roles/logging.logWriter'])"
    error_message = "The deployer gives the roles of the list and no others."
  }

  assert {
    condition     = length(setintersection(local.deployer_roles, ["roles/owner", "roles/editor", "roles/datastore.owner", "roles/secretmanager.admin", "roles/storage.admin", "roles/iam.serviceAccountUser", "roles/iam.serviceAccountTokenCreator"])) == 0
    error_message = "The deployer reads no data and no secret, and acts as no account it was not named for."
  }

  assert {
    condition     = length(google_project_iam_member.runner) == 11 && alltrue([for each in google_project_iam_member.runner : each.project == "acme-workwright-runner"])
    error_message = "What is given in the code-runner's project stays there."
  }

  assert {
    condition     = alltrue([for permission in local.reads : can(regex("[.](get|getMetadata|getIamPolicy|list)$", permission))])
    error_message = "The planner changes nothing."
  }
}

run "staging" {
  command = plan

  module {
    source = "./modules/ci"
  }

  variables {
    environment          = "staging"
    approval             = false
    connected_repository = ""
    repository           = { forge = "gitlab", id = "55", owner_id = "7" }
  }

  assert {
    condition     = length(google_cloudbuild_trigger.plan) == 0 && length(google_pubsub_topic.builds) == 0
    error_message = "Without a connected repository there are no triggers."
  }

  assert {
    condition     = strcontains(google_iam_workload_identity_pool_provider.forge.attribute_condition, "assertion.project_id == '55'")
    error_message = "GitLab's repositories are told by their own number."
  }
}

run "a_repository_by_name" {
  command = plan

  module {
    source = "./modules/ci"
  }

  variables {
    environment = "staging"
    approval    = false
    repository  = { forge = "github", id = "acme/workwright", owner_id = "acme" }
  }

  expect_failures = [var.repository]
}
