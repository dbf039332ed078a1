"""What people set as a page's status while we write it too: it stands, is carried out later, or is asked for again."""
