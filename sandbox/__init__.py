"""The rehearsal: real engine and control plane, emulated AWS. Knows nothing of gates."""
