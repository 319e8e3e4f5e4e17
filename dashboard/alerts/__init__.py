"""The page Alerts: what it shows, its forms, and the marks of alerts on charts."""
