#!/bin/sh
# Makes users.acl for Redis, and a file with the password of each user, in FOLDER: new random passwords each time.
# usage: make-users.sh FOLDER [PREFIX]      PREFIX as in redis.prefix of config.json (default mm:binance)
set -eu
folder=${1:?usage: make-users.sh FOLDER [PREFIX]}
prefix=${2:-mm:binance}
case $prefix in
  *[!A-Za-z0-9:._-]*) echo "PREFIX: $prefix: allowed are letters, digits and : . _ -, since others would open more keys" >&2; exit 2 ;;
esac
here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
umask 077
mkdir -p "$folder"
text=$(sed -e "s/PREFIX/$prefix/g" "$here/users.acl.template")
for user in gateway brain reader admin; do
  password=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
  rm -f "$folder/$user.password" # an older one would keep its mode
  printf '%s\n' "$password" > "$folder/$user.password"
  hash=$(printf '%s' "$password" | sha256sum | cut -d' ' -f1)
  name=$(printf '%s' "$user" | tr a-z A-Z)
  text=$(printf '%s' "$text" | sed -e "s/${name}_HASH/$hash/")
done
rm -f "$folder/users.acl"
printf '%s\n' "$text" > "$folder/users.acl"
