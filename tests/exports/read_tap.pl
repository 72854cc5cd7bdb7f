#!/usr/bin/perl
# read_tap.pl FILE: reads TAP as prove does (TAP::Parser), and prints what it found as JSON.
use strict;
use warnings;
use TAP::Parser;
use JSON::PP;

my $parser = TAP::Parser->new({ source => $ARGV[0] });
my (@tests, @unknown);
while (my $result = $parser->next) {
    if ($result->is_test) {
        push @tests, { ok => $result->is_actual_ok ? 1 : 0, words => $result->description, skip => $result->has_skip ? $result->explanation : undef };
    } elsif ($result->is_yaml) {
        $tests[-1]{yaml} = $result->data;
        $tests[-1]{raw} = $result->raw;
    } elsif ($result->is_unknown) {
        push @unknown, $result->raw;
    }
}
print JSON::PP->new->canonical->latin1->encode({
    version => $parser->version, planned => $parser->tests_planned, tests => \@tests, unknown => \@unknown,
    errors => [ $parser->parse_errors ],
});
