#!/bin/sh
# Runs Courier's listeners as its own start scripts do, but on ports and with mechanisms of our choice.
set -a
. /etc/courier/pop3d
. /etc/courier/imapd
. /etc/courier/authdaemonrc
POP3AUTH="@MECHANISMS@"
POP3AUTH_TLS="@MECHANISMS@"
IMAP_CAPABILITY="IMAP4rev1 IDLE @IMAP_MECHANISMS@"
IMAP_CAPABILITY_TLS="$IMAP_CAPABILITY"
AUTHMODULES=authdaemon
COURIERTLS=/usr/bin/couriertls
TLS_CERTFILE=@LAB@/both.pem
TLS_VERIFYPEER=NONE
POP3_STARTTLS=YES
IMAP_STARTTLS=YES
POP3_TLS_REQUIRED=0
IMAP_TLS_REQUIRED=0
set +a

libexec=/usr/lib/courier/courier
mkdir -p /run/courier/authdaemon
chown courier:courier /run/courier/authdaemon
/usr/lib/courier/courier-authlib/authdaemond &

listen() {
  /usr/sbin/couriertcpd -address=127.0.0.1 -maxprocs=40 -maxperip=40 -nodnslookup -noidentlookup "$@"
}

listen @POP3@ $libexec/courierpop3login $libexec/courierpop3d Maildir &
listen @IMAP@ $libexec/imaplogin /usr/bin/imapd Maildir &
POP3_TLS=1 POP3_STARTTLS=NO \
  listen @POP3S@ $COURIERTLS -server -tcpd -user=courier $libexec/courierpop3login $libexec/courierpop3d Maildir &
IMAP_TLS=1 IMAP_STARTTLS=NO \
  listen @IMAPS@ $COURIERTLS -server -tcpd -user=courier $libexec/imaplogin /usr/bin/imapd Maildir &
wait
