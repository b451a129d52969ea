"""What an organiser decides for itself: policies read, proposed, weighed and confirmed."""
