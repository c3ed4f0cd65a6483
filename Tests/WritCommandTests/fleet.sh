#!/bin/bash
# Hosts on one machine: each in a mount and a network namespace of its own, with its own /etc, accounts and sshd.
#
#   fleet.sh DIR COUNT KEY   run inside `unshare --mount --net`; DIR/keys/N.pub is the key of host N, DIR/pids/N its sshd,
#                            DIR/pids/0 whoever reaches them, 10.77.N.2 its address. KEY is the private key that root and
#                            `writ` of every host let in. Ends with its input.
set -eu
folder=$1 count=$2 key=$3

host() {
  local number=$1 disk=$folder/disk$1
  mount --make-rprivate /
  mount -t tmpfs none "$disk"
  for place in etc opt srv home root var/lib usr/local; do
    mkdir -p "$disk/$place.up" "$disk/$place.work"
    mount -t overlay -o "lowerdir=/$place,upperdir=$disk/$place.up,workdir=$disk/$place.work" none "/$place"
  done
  mount -t tmpfs -o mode=755 none /run
  mkdir -p /run/sshd /etc/writ /usr/local/sbin /root/.ssh
  chown 0:0 /root && chmod 700 /root /root/.ssh
  rm -f /etc/ssh/ssh_host_* /etc/ssh/sshd_config.d/* /etc/sudoers.d/*
  ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key
  printf 'Include /etc/ssh/sshd_config.d/*.conf\nListenAddress 10.77.%s.2\nUsePAM no\nPidFile /run/sshd.pid\n' "$number" \
    > /etc/ssh/sshd_config
  printf 'keep-login: root writ\nrun-as: root\n' > /etc/writ/limits
  getent passwd writ > /dev/null || useradd --system --create-home --shell /bin/sh writ
  groupadd --system --force render
  usermod -p '*' writ
  mkdir -p /home/writ/.ssh
  for home in /root /home/writ; do cp "$key.pub" $home/.ssh/authorized_keys; done
  chown -R writ: /home/writ
  chmod 700 /home/writ /home/writ/.ssh
  ip link set lo up
  until ip link show "far$number" > /dev/null 2>&1; do sleep 0.05; done
  ip address add "10.77.$number.2/30" dev "far$number"
  ip link set "far$number" up
  cp /etc/ssh/ssh_host_ed25519_key.pub "$folder/keys/$number.new"
  mv "$folder/keys/$number.new" "$folder/keys/$number.pub"
  exec /usr/sbin/sshd -D -E "$folder/log$number"
}

if [ "${4:-}" ]; then host "$4"; fi

mount --make-rprivate /
ip link set lo up
mount -t tmpfs -o mode=700 none /root
mkdir -m 700 /root/.ssh
cp "$key" /root/.ssh/id_ed25519
chmod 600 /root/.ssh/id_ed25519
mkdir -p "$folder/keys" "$folder/pids"
echo "$$" > "$folder/pids/0"
pids=()
for number in $(seq "$count"); do
  mkdir -p "$folder/disk$number"
  ip link add "near$number" type veth peer name "far$number"
  ip address add "10.77.$number.1/30" dev "near$number"
  ip link set "near$number" up
  unshare --mount --net "$0" "$folder" "$count" "$key" "$number" < /dev/null &
  pids+=($!)
  until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.02; done
  ip link set "far$number" netns "$!"
  echo "$!" > "$folder/pids/$number"
done
for number in $(seq "$count"); do until [ -e "$folder/keys/$number.pub" ]; do sleep 0.05; done; done
touch "$folder/ready"
cat > /dev/null
kill "${pids[@]}" 2> /dev/null || true
wait
