#!/bin/busybox sh
# The whole user space of a kernel under test: starts the agent, executes what it must see, prints what it saw.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /tmp
echo "running $(uname -r) here"

cp /bin/launch /srv/docker # a program that ends at once when it is called so
mkdir /srv/before
cp /bin/busybox /srv/before/docker
(exec -a busybox /srv/before/docker sleep 1000) & # runs already when the agent starts
cd /srv
./tallyman run --print json >/tmp/alerts 2>/tmp/messages &
agent=$!
until grep -q Watching /tmp/messages || ! kill -0 $agent; do sleep 0.2; done

/srv/docker run --privileged -v /:/host alpine by-name
launch execveat /srv/docker run --privileged by-descriptor
(cd /tmp && exec /srv/docker run --privileged by-directory)
launch big 12 120000 /srv/docker run --name megabytes -- --privileged
for i in 1 2 3 4 5; do /srv/docker run --privileged "last-$i"; done
until grep -q last-5 /tmp/alerts || ! kill -0 $agent; do sleep 0.2; done
kill $agent
wait $agent

cut -c 1-2000 /tmp/alerts | grep -v megabytes
grep megabytes /tmp/alerts | grep -o '"name":"megabytes\|megabytes\|"truncated":[a-z]*' | tr '\n' ' '
grep '"by-name"' /tmp/alerts | sed 's/.*"severity":"\([A-Z]*\)".*/"flags":"\1 by-name"/'
cat /tmp/messages
grep -q 'Stopped: ' /tmp/messages && ! grep -qE 'lost_[a-z_]* [1-9]' /tmp/messages && echo "lost nothing"
sync
poweroff -f
