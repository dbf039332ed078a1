locals {
  roles         = yamldecode(file("${path.module}/roles.yaml"))
  project_roles = { for name, it in local.roles : name => it if it.at == "project" }
  key_roles     = { for name, it in local.roles : name => it if it.at == "key" }
}

resource "google_project_iam_custom_role" "of" {
  for_each = local.roles

  role_id     = "${replace(var.name, "-", "_")}_${replace(each.key, "-", "_")}"
  title       = "${var.name}: ${each.key}"
  description = each.value.why
  permissions = each.value.permissions

  depends_on = [google_project_service.on]
}

# Cloud Tasks and the scheduler call in the name of this account, which may call the functions that are not public, and
# nothing else.
resource "google_service_account" "tasks" {
  account_id   = "tasks-caller"
  display_name = "Calls the private functions for Cloud Tasks and the scheduler"

  depends_on = [google_project_service.on]
}

# Who hands a task over names the account it is delivered by, and must be allowed to.
resource "google_project_iam_custom_role" "act_as" {
  role_id     = "${replace(var.name, "-", "_")}_act_as"
  title       = "${var.name}: act as"
  description = "names the account that a task is delivered by"
  permissions = ["iam.serviceAccounts.actAs"]

  depends_on = [google_project_service.on]
}

resource "google_service_account_iam_member" "act_as_tasks" {
  for_each = { for name, it in local.functions : name => it if contains(it.roles, "enqueue") }

  service_account_id = google_service_account.tasks.name
  role               = google_project_iam_custom_role.act_as.name
  member             = module.function[each.key].member
}

# The account that builds images out of bundles.
resource "google_service_account" "build" {
  account_id   = "build-functions"
  display_name = "Builds the functions' images"

  depends_on = [google_project_service.on]
}

resource "google_project_iam_member" "build" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

resource "google_artifact_registry_repository_iam_member" "build" {
  repository = google_artifact_registry_repository.functions.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

resource "google_storage_bucket_iam_member" "build" {
  bucket = local.source_bucket
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

# Cloud Functions lays a copy of the bundle into a bucket of its own, and the build reads it from there. That bucket is made with the
# first function, so the right stands in the project, for this one bucket alone.
resource "google_project_iam_custom_role" "reads_bundles" {
  role_id     = "${replace(var.name, "-", "_")}_reads_bundles"
  title       = "${var.name}: reads bundles"
  description = "what an image is built from"
  permissions = ["storage.objects.get", "storage.objects.list"]

  depends_on = [google_project_service.on]
}

resource "google_project_iam_member" "build_sources" {
  project = var.project_id
  role    = google_project_iam_custom_role.reads_bundles.name
  member  = google_service_account.build.member

  condition {
    title       = "copies-of-bundles"
    description = "The bucket that Cloud Functions builds from"
    expression  = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${data.google_project.this.number}-${var.region}\")"
  }
}

# A grant is known everywhere after a minute or so; a build before that fails, and leaves a function that has to be made anew.
resource "time_sleep" "build_rights_are_known" {
  create_duration = "90s"

  depends_on = [
    google_project_iam_member.build,
    google_project_iam_member.build_sources,
    google_artifact_registry_repository_iam_member.build,
    google_storage_bucket_iam_member.build,
  ]
}
