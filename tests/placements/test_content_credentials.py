"""Content Credentials on copies: signed with a throw-away certificate, verified, and broken by a changed byte."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec

from hailuo.media.credentials import CredentialsError, open_credentials, sign
from hailuo.media.mark import TRAINED_ALGORITHMIC_MEDIA, add_mark
from tests.support.certificates import pem, write_pair
from tests.support.marks import read_mark, read_seal

pytest.importorskip("c2pa", reason="needs the extra c2pa")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate chain and its key, as files."""
    return write_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture
def signed(pair: tuple[Path, Path], film, tmp_path: Path) -> Path:
    """A copy, marked and then signed."""
    copy = Path(shutil.copy(film(), tmp_path / "copy.mp4"))
    add_mark(copy)
    sign(
        copy, tmp_path / "signed.mp4", open_credentials(*pair), title="7KQ2M9X4TD", agent="MiniMax-Hailuo-2.3"
    )
    return tmp_path / "signed.mp4"


def test_a_signed_copy_is_valid_and_still_marked(signed: Path) -> None:
    """Both say it: the signature, and the mark for readers without C2PA; model and source type are in the claim."""
    assert read_seal(signed) == "valid"
    assert read_mark(signed) == TRAINED_ALGORITHMIC_MEDIA
    content = signed.read_bytes()
    assert b"MiniMax-Hailuo-2.3" in content
    assert content.count(TRAINED_ALGORITHMIC_MEDIA.encode()) == 2


def test_a_changed_copy_is_found_out(signed: Path) -> None:
    """One bit of the pictures changed, and the signature is broken."""
    content = bytearray(signed.read_bytes())
    content[content.index(b"mdat") + 1000] ^= 1
    signed.write_bytes(content)

    assert read_seal(signed) == "broken"


def test_an_unsigned_file_has_no_seal(film) -> None:
    """None is not an error."""
    assert read_seal(film()) == "none"


def test_the_key_is_in_no_text_of_the_credentials(pair: tuple[Path, Path]) -> None:
    """Whatever is logged, the key is not in it."""
    assert "PRIVATE" not in repr(open_credentials(*pair))


@pytest.mark.slow
def test_a_pair_that_cannot_sign_is_refused_at_once(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """A missing file, a certificate in the key's place, a key of a kind that C2PA does not know, another's key."""
    chain, key = pair
    (tmp_path / "dsa.pem").write_bytes(pem(dsa.generate_private_key(2048)))
    (tmp_path / "other.pem").write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    wrong = [(chain, tmp_path / "none.pem"), (chain, chain), (key, key)]
    wrong += [(chain, tmp_path / "dsa.pem"), (chain, tmp_path / "other.pem")]

    for pair_of_files in wrong:
        with pytest.raises(CredentialsError, match="cannot sign"):
            open_credentials(*pair_of_files)
