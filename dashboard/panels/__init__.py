"""What panels show: functions from rows and words to components. No callbacks, no questions."""
