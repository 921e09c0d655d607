"""The proof that no seat was sold twice: replay of the ledgers, certificates, and exports to check elsewhere."""

from rowlock.inventory.proof.certificate import Certificate, CertificateFault, check_certificate
from rowlock.inventory.proof.export import LedgerFileFault
from rowlock.inventory.proof.findings import Finding
from rowlock.inventory.proof.verify import EventProof, prove_events, verify_events

__all__ = [
    "Certificate",
    "CertificateFault",
    "EventProof",
    "Finding",
    "LedgerFileFault",
    "check_certificate",
    "prove_events",
    "verify_events",
]
