"""Which photos belong together: bursts, copies, brackets, panoramas, people, days, albums."""
