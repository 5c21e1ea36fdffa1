//! What shops do: merchants, offers, codes, redemptions.
