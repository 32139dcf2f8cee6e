"""The only place where quiet meets loud: one file per job, tied once down and once up."""
