"""The proof that no clip is paid twice and none is lost: real processes, real SIGKILL, a simulated vendor."""
