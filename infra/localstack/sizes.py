"""`make sizes`: how large each function is, zipped as `sam deploy` zips it, beside what it may be."""

import os
import sys

import deploy

from samcli.yamlhelper import yaml_parse

BAR = 4_000_000


def main(directory):
    with open(deploy.TEMPLATE) as file:
        resources = yaml_parse(file.read())["Resources"].values()
    binaries = [deploy.binary_of(function) for function in resources if function["Type"] == "AWS::Serverless::Function"]
    sizes = {}
    for binary in binaries:
        path = os.path.join(directory, binary, "bootstrap")
        if os.path.exists(path):
            sizes[binary] = len(deploy.packed(deploy.content_of(path)))
    print(f"{'function':<24} {'zipped':>8}   bar <= {BAR / 1e6:g} MB")
    for binary, size in sorted(sizes.items(), key=lambda entry: entry[1]):
        print(f"{binary:<24} {size / 1e6:5.2f} MB   {'yes' if size <= BAR else 'NO'}")
    if absent := [binary for binary in binaries if binary not in sizes]:
        sys.exit(f"not built: {', '.join(absent)}")


if __name__ == "__main__":
    main(sys.argv[1])
