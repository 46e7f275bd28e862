#!/usr/bin/perl
# XMLRPC::Lite for Perl as a subject: it reads, writes and calls. It hands out plain scalars, whose type can't be told.
#
# Install: apt-get install libxmlrpc-lite-perl (0.717), or cpan XMLRPC::Lite
# Run:     xend-harness test -- perl adapters/perl/xmlrpc_lite.pl
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;
use XMLRPC::Lite;

$| = 1;
no warnings 'recursion';
my $json = JSON::PP->new->utf8->ascii->canonical->max_depth(200_000);
my $hello = {
    name => 'Perl XMLRPC::Lite', version => "$XMLRPC::Lite::VERSION", calls_over => ['tcp'],
    decodes => { xmlrpc => ['spec'] }, encodes => { xmlrpc => ['spec'] }, features => ['calls', 'encodings'],
};

sub tagged {
    my ($value) = @_;
    return { array => [map { tagged($_) } @$value] } if ref $value eq 'ARRAY';
    return { struct => [map { [$_, tagged($value->{$_})] } sort keys %$value] } if ref $value eq 'HASH';
    die { accept => JSON::PP::true };
}

sub native {
    my ($kind, $content) = %{ $_[0] };
    return [map { native($_) } @$content] if $kind eq 'array';
    return { map { $_->[0] => native($_->[1]) } @$content } if $kind eq 'struct';
    die { unsupported => "there is no $kind" } if $kind eq 'nil' || $kind eq 'i8';
    return XMLRPC::Data->type($kind => $kind eq 'base64' ? decode_base64($content) : $content);
}

sub told {
    my ($message) = @_;
    my $fault = $message->fault;
    return { values => [{ response => tagged($message->result) }] } unless defined $fault;
    die { accept => JSON::PP::true } if ref $fault eq 'HASH' && exists $fault->{faultCode} && exists $fault->{faultString};
    my $odd = { odd => $json->allow_nonref->encode($fault) };
    return { values => [{ fault => { code => $odd, string => $odd } }] };
}

sub read_document {
    my $message = XMLRPC::Deserializer->new->deserialize($_[0]);
    return told($message) unless defined $message->method;
    return { values => [{ call => { method => $message->method, params => [map { tagged($_) } $message->paramsin] } }] };
}

sub write_document {
    my ($kind, $content) = %{ $_[0] };
    my $serializer = XMLRPC::Serializer->new;
    my $document = $kind eq 'call' ? $serializer->envelope(method => $content->{method}, map { native($_) } @{ $content->{params} })
        : $kind eq 'fault' ? $serializer->envelope(fault => map { native($content->{$_}) } 'code', 'string')
        : $serializer->envelope(response => 'm', native($content));
    utf8::encode($document);
    return { document => encode_base64($document, '') };
}

sub call {
    my ($ask) = @_;
    my $client = XMLRPC::Lite->proxy($ask->{uri}, timeout => $ask->{deadline_ms} / 1000)->on_fault(sub { });
    my $message = $client->call($ask->{method}, map { native($_) } @{ $ask->{params} });
    return ref $message ? told($message) : { error => $client->transport->status };
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
