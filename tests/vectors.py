# vectors.py KIND FILE - a file of Project Wycheproof's test vectors (JSON) as
# lines for the unit test of that name
import json
import sys


def verdict(test):
    return "valid" if test["result"] == "valid" else "invalid"


def pss(group, test):
    key = group["publicKey"]
    return [group["sha"].replace("-", "").lower(), str(group["sLen"]),
            verdict(test), key["modulus"], key["publicExponent"],
            test["msg"], test["sig"]]


def ed25519(group, test):
    # A signature of another length never gets as far as that.
    if len(test["sig"]) != 128:
        return None
    return [verdict(test), group["publicKey"]["pk"], test["msg"], test["sig"]]


def mlkem(group, test):
    valid = test["result"] == "valid"
    if group["type"] == "MLKEMEncapsTest":
        return ["encaps", test["ek"], test["m"], verdict(test),
                test["c"], test["K"]]
    if group["type"] == "MLKEMKeyGen":
        return ["keygen", test["seed"], test["ek"]]
    # A seed of another length cannot be given.
    if len(test["seed"]) != 128:
        return None
    return [test["seed"], test["ek"] if valid else "-", test["c"],
            test["K"] if valid else "-"]


def main():
    row = {"pss": pss, "ed25519": ed25519, "mlkem": mlkem}[sys.argv[1]]
    with open(sys.argv[2]) as file:
        for group in json.load(file)["testGroups"]:
            for test in group["tests"]:
                words = row(group, test)
                if words:
                    print(*[word or "-" for word in words])


main()
