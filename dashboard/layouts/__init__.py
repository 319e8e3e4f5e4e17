"""The page's skeleton: functions that build components with the ids of `dashboard.ids`. No questions are asked here."""
