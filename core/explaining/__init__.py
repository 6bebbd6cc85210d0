"""Why a score is what it is: maps, checks that the maps tell the truth, gradients."""
