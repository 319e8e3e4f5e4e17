"""Taking things away: data as CSV and Parquet, a picture, the page as a file, the SQL and a notebook behind a chart.

What is taken is a `Choice`: series, range and restriction, as the address of a download says it. Files are written in
pieces while they are read, so no size of range fills the memory. A further file is one more row of
`dashboard.takeaway.files.FILES`.
"""
