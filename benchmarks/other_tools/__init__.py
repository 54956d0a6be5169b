"""What each tool says of small modules, beside what comes out by hand."""
