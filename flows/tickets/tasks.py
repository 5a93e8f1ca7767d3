"""Wake-ups only: what must happen is stored as rows. See flows/tickets/service_levels/README.md."""
