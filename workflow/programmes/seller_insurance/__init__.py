"""The seller's insurance duty and certificates (programme ``seller_insurance``)."""
