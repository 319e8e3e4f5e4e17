"""What people do to devices: describe, merge, delete, write notes."""
