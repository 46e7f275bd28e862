#!/usr/bin/perl
# Frontier::RPC2 for Perl as a subject: it reads, writes and calls.
#
# Install: apt-get install libfrontier-rpc-perl (0.07b4)
# Run:     xend-harness test -- perl adapters/perl/frontier.pl
use strict;
use warnings;
use Frontier::Client;
use Frontier::RPC2;
use JSON::PP;
use MIME::Base64;

$| = 1;
no warnings 'recursion';
my $json = JSON::PP->new->utf8->ascii->canonical->max_depth(200_000);
my $rpc = Frontier::RPC2->new(use_objects => 1);
my $hello = {
    name => 'Perl Frontier::RPC2', version => '0.07b4', calls_over => ['tcp'],
    decodes => { xmlrpc => ['spec'] }, encodes => { xmlrpc => ['spec'] }, features => ['calls', 'encodings'],
};
my %kinds = (Integer => 'int', Double => 'double', String => 'string', Boolean => 'boolean', 'DateTime::ISO8601' => 'dateTime');

sub tagged {
    my ($value, $depth) = (@_, 1);
    die { accept => JSON::PP::true } if $depth > 6000;    # where this printer takes too long
    return { array => [map { tagged($_, $depth + 1) } @$value] } if ref $value eq 'ARRAY';
    return { struct => [map { [$_, tagged($value->{$_}, $depth + 1)] } sort keys %$value] } if ref $value eq 'HASH';
    # Of all types only a double stays a plain scalar, which is the text of the document.
    return { ($value =~ /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i ? 'double' : 'odd') => $value =~ s/\s//gr } if defined $value && !ref $value;
    my $type = (ref $value) =~ s/^Frontier::RPC2:://r;
    # Base64 is kept as it stands in the document; its users decode it in this way.
    return { base64 => encode_base64(decode_base64($value->value), '') } if $type eq 'Base64';
    return { boolean => $value->value } if $type eq 'Boolean' && $value->value =~ /^[01]$/;
    return { odd => defined $value ? $type . ' ' . $value->value : 'undef' } if !$kinds{$type} || $type eq 'Boolean';
    return { $kinds{$type} => '' . $value->value };
}

my %make = (
    int => sub { $rpc->int($_[0]) }, double => sub { $rpc->double($_[0]) }, string => sub { $rpc->string(bytes($_[0])) },
    boolean => sub { $rpc->boolean($_[0]) }, dateTime => sub { $rpc->date_time($_[0]) }, base64 => sub { $rpc->base64($_[0]) },
    array => sub { [map { native($_) } @{ $_[0] }] }, struct => sub { +{ map { bytes($_->[0]) => native($_->[1]) } @{ $_[0] } } },
);

# The library writes texts as they are, and its client sends bytes only.
sub bytes {
    my ($text) = @_;
    utf8::encode($text);
    return $text;
}

sub native {
    my ($kind, $content) = %{ $_[0] };
    return ($make{$kind} // die { unsupported => "there is no $kind" })->($content);
}

sub told {
    my ($value) = @_;
    return { values => [{ fault => { code => tagged($value->{faultCode}), string => tagged($value->{faultString}) } }] };
}

sub read_document {
    my $message = $rpc->decode($_[0]);
    my @values = @{ $message->{value} };
    return { values => [{ call => { method => $message->{method_name} // '', params => [map { tagged($_) } @values] } }] }
        if $message->{type} eq 'call';
    return told($values[0]) if $message->{type} eq 'fault';
    return { values => [{ response => tagged($values[0]) }] };
}

sub write_document {
    my ($kind, $content) = %{ $_[0] };
    my $document = $kind eq 'call' ? $rpc->encode_call(bytes($content->{method}), map { native($_) } @{ $content->{params} })
        : $kind eq 'fault' ? $rpc->encode_fault(map { (%{ $content->{$_} })[1] } 'code', 'string')    # of which it writes characters
        : $rpc->encode_response(native($content));
    return { document => encode_base64($document, '') };
}

# The error that stands for a fault has its members as text only, so that what was decoded last is kept.
my ($decode, $decoded) = \&Frontier::RPC2::decode;
{ no warnings 'redefine'; *Frontier::RPC2::decode = sub { $decoded = $decode->(@_) }; }

sub call {
    my ($ask) = @_;
    my $client = Frontier::Client->new(url => $ask->{uri}, use_objects => 1);
    $client->{ua}->timeout($ask->{deadline_ms} / 1000);
    undef $decoded;
    my $value = eval { $client->call(bytes($ask->{method}), map { native($_) } @{ $ask->{params} }) };
    return { values => [{ response => tagged($value) }] } unless $@;
    return $decoded && $decoded->{type} eq 'fault' ? told($decoded->{value}[0]) : { error => "$@" };
}

while (my $line = <STDIN>) {
    my $ask = eval { $json->decode($line) };
    if (!$ask) {    # half a surrogate pair, which no string of Perl has
        my ($id) = $line =~ /"id":("[^"]*")/;
        print qq({"id":$id,"unsupported":"not a text of Perl"}\n);
        next;
    }
    if ($ask->{hello}) { print $json->encode({ hello => $hello }), "\n"; next }
    my $answer = eval { $ask->{call} ? call($ask->{call}) : $ask->{value} ? write_document($ask->{value}) : read_document(decode_base64($ask->{input})) };
    $answer //= ref $@ eq 'HASH' ? $@ : { ($ask->{call} ? 'error' : 'reject') => "$@" };
    print $json->encode({ %$answer, id => $ask->{id} }), "\n";
}
