#!/usr/bin/env python3
"""Writes signed tokens, good and bad, what PyJWT says of each, and the keys that made them.

    pip install pyjwt==2.15.1 cryptography==50.0.2
    python3 Benchmarks/peers/tokens.py > Fixtures/golden/tokens.json

The keys are made anew in each run and guard nothing.
"""

import base64
import hashlib
import hmac
import json
import sys
from datetime import datetime, timezone

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

NOW = 1_700_000_000
LEEWAY = 30
ISSUER, AUDIENCE = "https://issuer.example", "bloasis"
SECRET = "a secret of the test, forty-two bytes long"
PLAIN = {"sub": "alice", "exp": NOW + 300, "scope": "openid bloasis:user"}


class StandingClock(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.fromtimestamp(NOW, tz or timezone.utc)


jwt.api_jwt.datetime = StandingClock

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
STRANGE_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGE_EC = ec.generate_private_key(ec.SECP256R1())
WIDE_EC = ec.generate_private_key(ec.SECP384R1())

SIGNING = {"RS256": (RSA_KEY, "rsa-1"), "ES256": (EC_KEY, "ec-1"), "HS256": (SECRET, None)}


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header, claims, sign):
    """A token as no library would make it."""
    signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    return signed + "." + encoded(sign(signed.encode()))


def signed(algorithm, claims, key=None, kid="own", **header):
    own, name = SIGNING.get(algorithm, (None, None))
    if kid == "own":
        kid = name
    headers = {**header, **({"kid": kid} if kid else {})}
    return jwt.encode(claims, key or own, algorithm=algorithm, headers=headers)


def mac(secret):
    return lambda text: hmac.new(secret, text, hashlib.sha256).digest()


def der_signature(text):
    return EC_KEY.sign(text, ec.ECDSA(hashes.SHA256()))


def public_bytes(encoding):
    return RSA_KEY.public_key().public_bytes(
        encoding, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def verdict(token, issuer, audience):
    """What PyJWT says when each algorithm has its own key."""
    try:
        name = jwt.get_unverified_header(token)["alg"]
        if name not in SIGNING:
            raise jwt.InvalidAlgorithmError
        key = SIGNING[name][0]
        jwt.decode(
            token,
            key if name == "HS256" else key.public_key(),
            algorithms=[name],
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY,
            options={"require": ["exp", "sub"], "verify_aud": audience is not None},
        )
        return "accepted"
    except jwt.PyJWTError as error:
        return type(error).__name__


def without(name):
    return {key: value for key, value in PLAIN.items() if key != name}


def cases():
    for algorithm in SIGNING:
        yield f"{algorithm}, a text of scopes", signed(algorithm, PLAIN)
        claims = {**without("scope"), "scp": ["bloasis:ingest", "bloasis:user", "other"]}
        yield f"{algorithm}, a list of scopes", signed(algorithm, claims)
        yield f"{algorithm}, no scopes", signed(algorithm, without("scope"))
        yield f"{algorithm}, no key named", signed(algorithm, PLAIN, kid=None)
        for shift in (-29, -30):
            claims = {**PLAIN, "exp": NOW + shift}
            yield f"{algorithm}, exp {shift} s", signed(algorithm, claims)
        for shift in (30, 31):
            claims = {**PLAIN, "nbf": NOW + shift}
            yield f"{algorithm}, nbf {shift} s", signed(algorithm, claims)
        yield f"{algorithm}, exp of long ago", signed(algorithm, {**PLAIN, "exp": 1})
        yield f"{algorithm}, no exp", signed(algorithm, without("exp"))
        yield f"{algorithm}, no sub", signed(algorithm, without("sub"))
        claims = {**without("scope"), "scopes": "bloasis:admin", "typ": "at+jwt", "ü": ["\u0001"]}
        yield f"{algorithm}, admin and strange claims", signed(algorithm, claims)
    yield "RS256 by a stranger", signed("RS256", PLAIN, STRANGE_RSA)
    yield "ES256 by a stranger", signed("ES256", PLAIN, STRANGE_EC)
    yield "HS256 by a stranger", signed("HS256", PLAIN, "another secret of the test, long enough")
    yield "unsigned", jwt.encode(PLAIN, None, algorithm="none")
    for name in ("None", "NONE", "nOnE", "", "rs256", "RS256 "):
        yield f"alg '{name}'", by_hand({"alg": name, "kid": "rsa-1"}, PLAIN, lambda _: b"")
    yield "RS256 without a signature", by_hand({"alg": "RS256"}, PLAIN, lambda _: b"")
    for name, secret in {
        "PEM": public_bytes(serialization.Encoding.PEM),
        "DER": public_bytes(serialization.Encoding.DER),
        "nothing": b"",
    }.items():
        header = {"alg": "HS256", "kid": "rsa-1"}
        yield f"HS256 with the public key ({name}) for its secret", by_hand(
            header, PLAIN, mac(secret)
        )
    header = {"alg": "ES256", "kid": "ec-1"}
    yield "ES256 with a signature in DER", by_hand(header, PLAIN, der_signature)
    yield "ES256 with a signature of zeros", by_hand(header, PLAIN, lambda _: bytes(64))
    for algorithm in ("RS384", "RS512", "PS256"):
        yield algorithm, signed(algorithm, PLAIN, RSA_KEY, kid="rsa-1")
    yield "ES384", signed("ES384", PLAIN, WIDE_EC, kid="ec-1")
    yield "HS512", signed("HS512", PLAIN, SECRET * 2)


def destined():
    """Tokens for a verifier that expects an issuer and an audience."""
    both = {**PLAIN, "iss": ISSUER, "aud": AUDIENCE}
    yield "for us", both
    yield "for us among others", {**both, "aud": ["other", AUDIENCE]}
    yield "from elsewhere", {**both, "iss": ISSUER + "/"}
    yield "from nowhere", {key: value for key, value in both.items() if key != "iss"}
    yield "for others", {**both, "aud": ["other", AUDIENCE + " "]}
    yield "for nobody", {key: value for key, value in both.items() if key != "aud"}


def scopes(token):
    claims = jwt.decode(token, options={"verify_signature": False})
    names = []
    for name in ("scope", "scopes", "scp"):
        value = claims.get(name, [])
        names += value.split() if isinstance(value, str) else value
    return sorted(set(names) & {"bloasis:admin", "bloasis:user", "bloasis:ingest"})


def row(name, token, issuer=None, audience=None):
    said = verdict(token, issuer, audience)
    facts = {"name": name, "token": token, "verdict": said}
    if issuer:
        facts |= {"issuer": issuer, "audience": audience}
    if said == "accepted":
        facts |= {"subject": "alice", "scopes": scopes(token)}
    return facts


def key_pair(algorithm, key, name):
    private = algorithm.to_jwk(key, as_dict=True) | {"kid": name}
    public = algorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": name}
    return private, public


rsa_private, rsa_public = key_pair(RSAAlgorithm, RSA_KEY, "rsa-1")
ec_private, ec_public = key_pair(ECAlgorithm, EC_KEY, "ec-1")
rows = [row(name, token) for name, token in cases()]
for algorithm in SIGNING:
    rows += [
        row(f"{algorithm}, {name}", signed(algorithm, claims), ISSUER, AUDIENCE)
        for name, claims in destined()
    ]
json.dump(
    {
        "now": NOW,
        "secret": SECRET,
        "key_set": {"keys": [rsa_public, ec_public]},
        "signing": {"RS256": rsa_private, "ES256": ec_private},
        "tokens": rows,
    },
    sys.stdout,
    indent=1,
)
sys.stdout.write("\n")
