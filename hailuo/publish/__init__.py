"""What people look at: manifest, gallery, uploads."""
