"""For those who run the installation: how fast it goes, what needs an eye, what is deleted."""
