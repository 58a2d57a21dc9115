"""`python -m boundcalc`."""

from boundcalc.cli import main

main()
