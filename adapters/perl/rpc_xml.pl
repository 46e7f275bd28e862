#!/usr/bin/perl
# RPC::XML for Perl as a subject: it reads, writes and calls.
#
# Install: apt-get install librpc-xml-perl (0.82), or cpan RPC::XML
# Run:     xend-harness test -- perl adapters/perl/rpc_xml.pl
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;
use RPC::XML;
use RPC::XML::Client;
use RPC::XML::ParserFactory;

$| = 1;
no warnings 'recursion';
$RPC::XML::ENCODING = 'UTF-8';
my $json = JSON::PP->new->utf8->ascii->canonical->max_depth(200_000);
my $hello = {
    name => 'Perl RPC::XML', version => "$RPC::XML::VERSION", calls_over => ['tcp'],
    decodes => { xmlrpc => ['spec', 'extended'] }, encodes => { xmlrpc => ['spec', 'extended'] },
    features => ['nil', 'i8', 'calls', 'encodings'],
};

sub tagged {
    my ($value, $depth) = (@_, 1);
    die { accept => JSON::PP::true } if $depth > 6000;    # where this printer takes too long
    my $type = $value->type;
    return { nil => JSON::PP::true } if $type eq 'nil';
    return { array => [map { tagged($_, $depth + 1) } @$value] } if $type eq 'array';
    return { struct => [map { [$_, tagged($value->{$_}, $depth + 1)] } sort keys %$value] } if $type eq 'struct';
    return { base64 => encode_base64($value->value, '') } if $type eq 'base64';
    return { dateTime => '' . $value->value } if $type eq 'dateTime.iso8601';
    return { ($type eq 'i4' ? 'int' : $type) => '' . $value->value };
}

my %make = (
    nil => sub { RPC::XML::nil->new(1) }, int => sub { RPC::XML::int->new($_[0]) }, i8 => sub { RPC::XML::i8->new($_[0]) },
    double => sub { RPC::XML::double->new($_[0]) }, string => sub { RPC::XML::string->new($_[0]) },
    boolean => sub { RPC::XML::boolean->new($_[0]) }, dateTime => sub { RPC::XML::datetime_iso8601->new($_[0]) },
    base64 => sub { RPC::XML::base64->new(decode_base64($_[0])) },
    array => sub { RPC::XML::array->new(map { native($_) } @{ $_[0] }) },
    struct => sub { RPC::XML::struct->new({ map { $_->[0] => native($_->[1]) } @{ $_[0] } }) },
);

sub native {
    my ($kind, $content) = %{ $_[0] };
    return $make{$kind}->($content) // die "$RPC::XML::ERROR\n";
}

sub told {    # a reply, or the response that was read
    my ($value) = @_;
    return { values => [{ response => tagged($value) }] } unless $value->is_fault;
    return { values => [{ fault => { code => tagged($value->{faultCode}), string => tagged($value->{faultString}) } }] };
}

sub read_document {
    my $message = RPC::XML::ParserFactory->new->parse($_[0]);
    die "$message\n" unless ref $message;
    return told($message->value) unless $message->isa('RPC::XML::request');
    return { values => [{ call => { method => $message->name, params => [map { tagged($_) } @{ $message->args }] } }] };
}

sub write_document {
    my ($kind, $content) = %{ $_[0] };
    my $message = $kind eq 'call' ? RPC::XML::request->new($content->{method}, map { native($_) } @{ $content->{params} })
        : $kind eq 'fault' ? RPC::XML::response->new(RPC::XML::fault->new(map { native($content->{$_})->value } 'code', 'string'))
        : RPC::XML::response->new(native($content));
    die "$RPC::XML::ERROR\n" unless $message;
    my $document = $message->as_string;
    utf8::encode($document);
    return { document => encode_base64($document, '') };
}

sub call {
    my ($ask) = @_;
    my $client = RPC::XML::Client->new($ask->{uri}, useragent => [timeout => $ask->{deadline_ms} / 1000]);
    my $value = $client->send_request($ask->{method}, map { native($_) } @{ $ask->{params} });
    return ref $value ? told($value) : { error => "$value" };
}

while (my $line = <STDIN>) {
    my $ask = eval { $json->decode($line) };
    if (!$ask) {    # half a surrogate pair, which no string of Perl has
        my ($id) = $line =~ /"id":("[^"]*")/;
        print qq({"id":$id,"unsupported":"not a text of Perl"}\n);
        next;
    }
    if ($ask->{hello}) { print $json->encode({ hello => $hello }), "\n"; next }
    my $allow_nil = local $RPC::XML::ALLOW_NIL = ($ask->{rules} // 'extended') eq 'extended';
    my $answer = eval { $ask->{call} ? call($ask->{call}) : $ask->{value} ? write_document($ask->{value}) : read_document(decode_base64($ask->{input})) };
    $answer //= ref $@ eq 'HASH' ? $@ : { ($ask->{call} ? 'error' : 'reject') => "$@" };
    print $json->encode({ %$answer, id => $ask->{id} }), "\n";
}
