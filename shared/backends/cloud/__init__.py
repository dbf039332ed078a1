"""The ports on Google Cloud: Firestore, Cloud Tasks, Secret Manager with KMS, Vertex AI, identity tokens."""
