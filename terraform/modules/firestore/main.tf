variable "location" {
  type = string
}

variable "protected" {
  description = "Whether the database is kept: against deletion, with every minute of the last week, and with backups."
  type        = bool
}

variable "indexes" {
  description = "What the code's queries need, as `python terraform/indexes.py` writes it."
  type = object({
    composite = list(object({
      collection = string
      scope      = string
      fields = list(object({
        path      = string
        order     = optional(string)
        dimension = optional(number)
      }))
    }))
    fields = list(object({
      collection = string
      field      = string
      ttl        = bool
      indexes    = list(object({ order = string, scope = string }))
    }))
  })
}

resource "google_firestore_database" "this" {
  name                              = "(default)"
  location_id                       = var.location
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "OPTIMISTIC" # nothing here reads in a transaction, and nothing may wait for a lock
  point_in_time_recovery_enablement = var.protected ? "POINT_IN_TIME_RECOVERY_ENABLED" : "POINT_IN_TIME_RECOVERY_DISABLED"
  delete_protection_state           = var.protected ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = var.protected ? "PREVENT" : "DELETE"
}

resource "google_firestore_backup_schedule" "daily" {
  count = var.protected ? 1 : 0

  database  = google_firestore_database.this.name
  retention = "1209600s" # two weeks, a day at a time

  daily_recurrence {}
}

resource "google_firestore_backup_schedule" "weekly" {
  count = var.protected ? 1 : 0

  database  = google_firestore_database.this.name
  retention = "8467200s" # fourteen weeks, the longest that is kept

  weekly_recurrence {
    day = "SUNDAY"
  }
}

# Firestore ends each index with the document's name, and puts it before a vector. There the provider does not know it for an addition,
# and would replace the index each time: so it is written out.
resource "google_firestore_index" "composite" {
  for_each = { for it in var.indexes.composite : "${it.collection}/${join("+", [for field in it.fields : field.path])}" => it }

  database    = google_firestore_database.this.name
  collection  = each.value.collection
  query_scope = each.value.scope

  dynamic "fields" {
    for_each = flatten([for field in each.value.fields : field.dimension == null ? [field] : [merge(field, { path = "__name__", order = "ASCENDING", dimension = null }), field]])

    content {
      field_path = fields.value.path
      order      = fields.value.order

      dynamic "vector_config" {
        for_each = fields.value.dimension == null ? [] : [fields.value.dimension]

        content {
          dimension = vector_config.value

          flat {}
        }
      }
    }
  }
}

# A field that is named here has these indexes and no others; "*" stands for all that have no entry of their own.
resource "google_firestore_field" "this" {
  for_each = { for it in var.indexes.fields : "${it.collection}/${it.field}" => it }

  database   = google_firestore_database.this.name
  collection = each.value.collection
  field      = each.value.field

  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes

      content {
        order       = indexes.value.order
        query_scope = indexes.value.scope
      }
    }
  }

  dynamic "ttl_config" {
    for_each = each.value.ttl ? [true] : []

    content {}
  }
}

output "database" {
  value = google_firestore_database.this.name
}

output "protected" {
  description = "Whether nothing in it can be lost: not by deleting it, not by a mistake of the last week, not with its region."
  value = alltrue([
    google_firestore_database.this.delete_protection_state == "DELETE_PROTECTION_ENABLED",
    google_firestore_database.this.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED",
    google_firestore_database.this.deletion_policy == "PREVENT",
    length(google_firestore_backup_schedule.daily) == 1,
    length(google_firestore_backup_schedule.weekly) == 1,
  ])
}
