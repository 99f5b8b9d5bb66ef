"""Content Credentials (C2PA): signing a copy with the user's own certificate.

Needs the extra `c2pa`. Source: C2PA Technical Specification 2.2, actions `c2pa.created`; IPTC's digital source types.
A certificate that is on no C2PA trust list gives a valid signature of an unknown signer: readers show that.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from pydantic import SecretStr

from hailuo.errors import HailuoError
from hailuo.media.mark import TRAINED_ALGORITHMIC_MEDIA

_NEEDS_EXTRA: Final = "signing needs the extra: pip install 'hailuo-campaigns[c2pa]'"
_CURVES: Final = {256: "es256", 384: "es384", 521: "es512"}


class CredentialsError(HailuoError):
    """Certificate and key cannot sign: install the extra `c2pa`, or fix the problem that the message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A certificate chain and its private key, as PEM; the key is in no repr."""

    certificate: str
    algorithm: str
    key: SecretStr

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate chain's text."""
        return hashlib.sha256(self.certificate.encode()).hexdigest()


def open_credentials(certificate: Path, key: Path) -> Credentials:
    """Read both and see that they belong together. Raises: CredentialsError."""
    _library()
    try:
        chain, pem = certificate.read_text("ascii"), key.read_text("ascii")
        algorithm = _algorithm(chain, pem)
    except (OSError, ValueError, TypeError) as error:
        raise CredentialsError(f"{certificate} and {key} cannot sign: {error}") from error
    return Credentials(certificate=chain, algorithm=algorithm, key=SecretStr(pem))


def sign(source: Path, target: Path, credentials: Credentials, *, title: str, agent: str) -> None:
    """A signed copy of an mp4: who signed, that a model made it, and which (`agent`). Raises: CredentialsError."""
    c2pa, key = _library(), credentials.key.get_secret_value().encode()
    try:
        info = c2pa.C2paSignerInfo(credentials.algorithm, credentials.certificate.encode(), key, None)
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(_statement(title, agent)) as builder:
            builder.sign_file(source, target, signer)
    except c2pa.C2paError as error:
        raise CredentialsError(f"{source.name} could not be signed: {error}") from error


def _library() -> ModuleType:
    try:
        import c2pa  # type: ignore[import-untyped]  # noqa: PLC0415 (an extra; it has no types)
    except ImportError as error:
        raise CredentialsError(_NEEDS_EXTRA) from error
    assert isinstance(c2pa, ModuleType)  # noqa: S101 (for the type checker)
    return c2pa


def _algorithm(chain: str, pem: str) -> str:
    """C2PA's name for the pair's algorithm. Raises: ValueError, TypeError: encrypted."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415 (of the extra)
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415

    key, certificates = (
        load_pem_private_key(pem.encode(), password=None),
        load_pem_x509_certificates(chain.encode()),
    )
    if certificates[0].public_key() != key.public_key():
        raise ValueError("the first certificate is not the key's")
    match key:
        case ec.EllipticCurvePrivateKey() if key.curve.key_size in _CURVES:
            return _CURVES[key.curve.key_size]
        case rsa.RSAPrivateKey():
            return "ps256"
        case ed25519.Ed25519PrivateKey():
            return "ed25519"
        case _:
            raise ValueError("C2PA signs with keys of EC P-256, P-384, P-521, RSA or Ed25519")


def _statement(title: str, agent: str) -> dict[str, object]:
    created = {
        "action": "c2pa.created",
        "digitalSourceType": TRAINED_ALGORITHMIC_MEDIA,
        "softwareAgent": {"name": agent},
    }
    edited = {"action": "c2pa.edited", "softwareAgent": {"name": "hailuo conform"}}
    return {
        "claim_generator_info": [{"name": "hailuo-campaigns"}],
        "title": title,
        "format": "video/mp4",
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created, edited]}}],
    }
