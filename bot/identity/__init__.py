"""Who somebody is: people, their handles on channels, and proofs. Identity comes from proofs alone."""
